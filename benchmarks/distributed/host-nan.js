// A rank of a training in which one rank's weights are no numbers from one step on, as with a memory that fails: node host-nan.js JSON
import { disposeMethod } from "@ssl-vit/core";
import { openDataset } from "@ssl-vit/data";
import { mpi } from "@ssl-vit/distributed";
import { prepareEngine } from "@ssl-vit/engine";
import { smallRecipe } from "@ssl-vit/quality/small-recipe.js";
import { train } from "@ssl-vit/trainer";
import { vit } from "@ssl-vit/vit";
import { fill } from "@tensorflow/tfjs-core";

/** The rank that is struck: on the second host. */
const STRUCK = 2;

/** `nanAt`: the step that meets them; 0 for none. @type {{ method: string, data: string, out: string, steps: number, saveEvery: number, resume: boolean, nanAt: number }} */
const { method: name, data, out, steps, saveEvery, resume, nanAt } = JSON.parse(process.argv[2] ?? "");
const group = await mpi({ timeout: 60 });
await prepareEngine({ engine: "native", precision: "float32" });

const { factory, preset } = await smallRecipe(`@ssl-vit/${name}`);
const method = factory(vit({ ...preset.model, size: "pico", imageSize: preset.imageSize, seed: 0 }), { ...preset.method, seed: 0 });
/** What the trainer says, as the command prints it. @param {string} message */
const onMessage = (message) => { if (group.rank === 0) process.stderr.write(`${message}\n`); };
const dataset = await openDataset(data);
for await (const { step } of train({ method, data: dataset, optimizer: preset.optimizer, batchSize: 16, steps, saveEvery, out, resume, logEvery: 1, tensorboard: false, seed: 0, distributed: group, onMessage })) {
  const [weights] = Object.values(method.trainable);
  if (group.rank !== STRUCK || step !== nanAt - 1 || weights === undefined) continue;
  const spoilt = fill(weights.shape, NaN);
  weights.assign(spoilt);
  spoilt.dispose();
}
disposeMethod(method);
group.close();
