// A short training of a tiny ViT on images of noise, as the scenario in the arguments says; rank 1 may be another one than rank 0.
import { createHash } from "node:crypto";
import { createRandom, disposeMethod, methodVariables } from "@ssl-vit/core";
import { mpi } from "@ssl-vit/distributed";
import { prepareEngine } from "@ssl-vit/engine";
import { mae } from "@ssl-vit/mae";
import { simclr } from "@ssl-vit/simclr";
import { train } from "@ssl-vit/trainer";
import { vit } from "@ssl-vit/vit";
import { fill, mul, scalar } from "@tensorflow/tfjs-core";
import { writeResult } from "./write-result.js";

/**
 * @typedef {object} Scenario
 * @property {"simclr" | "mae"} [method]
 * @property {"auto" | "cpu"} [engine]
 * @property {Partial<import("@ssl-vit/trainer").TrainOptions>} [options] of all ranks
 * @property {number} [learningRate] of rank 1
 * @property {number} [images] seed of rank 1's images
 * @property {number[]} [brokenImages] images that rank 1 cannot read
 * @property {number} [nanAt] step whose loss is NaN on rank 1
 * @property {number} [spoilAt] step after which a weight of rank 1 is another one
 * @property {boolean} [withNaN] it is no number then
 * @property {boolean} [judged] by a number that all ranks compute together
 */
const scenario = /** @type {Scenario} */ (JSON.parse(/** @type {string} */ (process.argv[3])));
const group = await mpi({ timeout: 20 });
const isSecond = group.rank === 1;
await prepareEngine({ engine: scenario.engine ?? "auto" });

/** @returns {import("@ssl-vit/data").ImageDataset} */
function noise() {
  const seed = isSecond ? (scenario.images ?? 1) : 1;
  return {
    location: `noise of ${group.rank}`,
    kind: "memory",
    length: 64,
    keyOf: String,
    labelOf: () => -1,
    read: (index) =>
      isSecond && scenario.brokenImages?.includes(index)
        ? Promise.reject(new Error("broken"))
        : Promise.resolve({ width: 8, height: 8, channels: 3, data: Uint8Array.from(createRandom(seed).derive(index).uniforms(192), (value) => Math.floor(value * 256)) }),
    descriptor: { kind: "memory" },
    close: () => Promise.resolve(),
  };
}

const encoders = vit({ imageSize: 8, patchSize: 4, embedDim: 32, depth: 2, numHeads: 2, dropPathRate: 0.1 });
const method = scenario.method === "mae" ? mae(encoders, { decoderDim: 16, decoderDepth: 1, decoderHeads: 2 }) : simclr(encoders, { hiddenDim: 600, outputDim: 8 });
const originalLoss = method.loss;
let step = 0;
if (scenario.nanAt !== undefined && isSecond) {
  Object.assign(method, {
    loss: (/** @type {Parameters<typeof originalLoss>} */ ...given) => {
      const output = originalLoss(...given);
      return step + 1 === scenario.nanAt ? { ...output, loss: mul(output.loss, NaN) } : output;
    },
  });
}

/** @type {NonNullable<import("@ssl-vit/trainer").TrainOptions["evaluate"]>} */
async function evaluate({ step: at, collective }) {
  const ranks = collective.allReduce(scalar(at + collective.rank), "sum");
  const [sum = NaN] = await ranks.data();
  ranks.dispose();
  return { sum };
}

/** @type {number[]} */
const losses = [];
/** @type {Readonly<Record<string, number>>[]} */
const evaluations = [];
/** @type {string[]} */
const messages = [];
for await (const report of train({
  method,
  data: noise(),
  optimizer: { name: "adamw", learningRate: isSecond ? (scenario.learningRate ?? 0.05) : 0.05, weightDecay: 0.05, warmupEpochs: 1 },
  batchSize: 8,
  steps: 6,
  workers: 0,
  compareEvery: 1,
  distributed: group,
  onMessage: (message) => messages.push(message),
  ...(scenario.judged === true ? { evaluate, evaluateEvery: 2 } : {}),
  ...scenario.options,
})) {
  losses.push(report.loss);
  if (report.evaluation !== undefined) evaluations.push(report.evaluation);
  step = report.step;
  if (scenario.spoilAt === report.step && isSecond) {
    const [variable] = Object.values(method.trainable);
    const other = fill(variable.shape, scenario.withNaN ? NaN : 0.5);
    variable.assign(other);
    other.dispose();
  }
}
const weights = createHash("sha256");
for (const variable of methodVariables(method).values()) weights.update(new Uint8Array(variable.dataSync().slice().buffer));
writeResult(group, { losses, evaluations, messages, weights: weights.digest("hex") });
disposeMethod(method);
group.close();
