// Trains some steps of a method's small recipe, alone or as a rank, and writes its losses, weights and buffers: SSL_VIT_THREADS=1 node methods-steps.js JSON
import { writeFileSync } from "node:fs";
import { serialize } from "node:v8";
import { createRandom, disposeMethod } from "@ssl-vit/core";
import { mpi } from "@ssl-vit/distributed";
import { prepareEngine } from "@ssl-vit/engine";
import { smallRecipe } from "@ssl-vit/quality/small-recipe.js";
import { train } from "@ssl-vit/trainer";
import { vit } from "@ssl-vit/vit";
import { tensor } from "@tensorflow/tfjs-core";
import { pictures } from "./pictures.js";

/** @typedef {import("@tensorflow/tfjs-core").Variable} Variable */

/**
 * @typedef {object} Spec
 * @property {string} packageName
 * @property {Record<string, unknown>} changes of the recipe's method options
 * @property {number} batchSize of all ranks together
 * @property {number} images
 * @property {number} steps
 * @property {number} seed
 * @property {boolean} ranks whether this process is one of several
 * @property {boolean} rounded whether the training starts from weights of which each is another one of its two neighbours in float32
 * @property {string} file
 */

/** @type {Spec} */
const { packageName, changes, batchSize, images, steps, seed, ranks, rounded, file } = JSON.parse(process.argv[2] ?? "");
const group = ranks ? await mpi({ timeout: 120 }) : undefined;
await prepareEngine({ engine: "native", precision: "float32" });

const { factory, preset } = await smallRecipe(packageName);
const method = factory(vit({ ...preset.model, imageSize: preset.imageSize, seed }), { ...preset.method, ...changes, seed });

/** @param {Readonly<Record<string, Variable>>} variables */
const valuesOf = (variables) => Object.fromEntries(Object.entries(variables).map(([name, variable]) => [name, Float32Array.from(variable.dataSync())]));

if (rounded) {
  const random = createRandom(7);
  // Buffers may start as the weights do (a teacher): what is equal stays equal, since its draws follow from the numbers alone.
  for (const variable of new Set([...Object.values(method.trainable), ...Object.values(method.buffers)])) {
    if (variable.dtype !== "float32") continue;
    const values = Float32Array.from(variable.dataSync());
    const bits = new Int32Array(values.buffer);
    const draws = random.uniforms(values.length);
    for (let index = 0; index < values.length; index++) if (values[index] !== 0) bits[index] = (bits[index] ?? 0) + ((draws[index] ?? 0) < 0.5 ? -1 : 1);
    const changed = tensor(values, variable.shape);
    variable.assign(changed);
    changed.dispose();
  }
}

const initial = { weights: valuesOf(method.trainable), buffers: valuesOf(method.buffers) };
/** @type {number[]} */
const losses = [];
const options = { method, data: pictures(images, 40), optimizer: preset.optimizer, batchSize, steps, seed, workers: 0 };
for await (const { loss } of train(group === undefined ? options : { ...options, distributed: group })) losses.push(loss);
if (group === undefined || group.rank === 0) {
  writeFileSync(file, serialize({ losses, initial, final: { weights: valuesOf(method.trainable), buffers: valuesOf(method.buffers) } }));
  process.stdout.write(`${JSON.stringify({ transport: group?.transport ?? "none" })}\n`);
}
disposeMethod(method);
group?.close();
