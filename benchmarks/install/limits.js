/**
 * How large an install may be, in megabytes with all that a package brings, by its layer. TensorFlow.js's core is 38 of them, its backends another 25, sharp 20.
 *
 * @type {Readonly<Record<string, number>>}
 */
export const megabytesByLayer = { core: 42, foundation: 43, engine: 70, model: 43, method: 44, runner: 48 };

/** Of packages that need more than their layer: those that read images, draw charts, or bring all the others. @type {Readonly<Record<string, number>>} */
export const megabytesByName = {
  "@ssl-vit/data": 78,
  "@ssl-vit/trainer": 79,
  "@ssl-vit/eval": 81,
  "@ssl-vit/visualize": 86,
  "@ssl-vit/weights": 48,
  "@ssl-vit/testing": 97,
  "@ssl-vit/bench": 108,
  "@ssl-vit/cli": 152,
  "create-ssl-vit-method": 1,
};

/** Kilobytes of a package itself, unpacked: sources, what is built of them, and its map. */
export const OWN_KB = 1500;

/** Megabytes of MAE with vit, data, trainer, engine and tfjs. */
export const MAE_MEGABYTES = 108;

/** Seconds of that install, from a registry on the same machine: ten times what it takes on two cores, so that a slow machine is no failure, and what became slow is. */
export const MAE_SECONDS = 60;
