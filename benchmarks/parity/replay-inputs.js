// All that chance decided in a run's first steps, for the same steps to be taken elsewhere: start weights, views, masks.
import { Buffer } from "node:buffer";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { loadMethod } from "@ssl-vit/cli";
import { createRandom } from "@ssl-vit/core";
import { createLoader, openDataset } from "@ssl-vit/data";
import { prepareEngine } from "@ssl-vit/engine";
import { parseSchedule } from "@ssl-vit/optim";
import { encodeSafetensors } from "@ssl-vit/safetensors";
import { vit } from "@ssl-vit/vit";

/**
 * @typedef {object} RunConfig `run` of a run's config.resolved.json, as far as it is looked at
 * @property {{ name: string, options: Record<string, unknown> }} method
 * @property {import("@ssl-vit/vit").VitConfig} encoder
 * @property {import("@ssl-vit/core").ViewPolicy} views
 * @property {{ location: string }} data
 * @property {number} batchSize
 * @property {number} seed
 */

/** Schedules are saved as what they were built of. @param {Record<string, unknown>} options */
const optionsOf = (options) => Object.fromEntries(Object.entries(options).map(([name, value]) => [name, typeof value === "object" && value !== null && "kind" in value ? parseSchedule(value) : value]));

/** The weights of a run before its first step. @param {RunConfig} run @param {string} packageName */
async function startWeights({ method, encoder, seed }, packageName) {
  await prepareEngine({});
  const factory = await loadMethod(packageName);
  const built = factory(vit(encoder), { ...optionsOf(method.options), seed });
  const start = Object.fromEntries(Object.entries(built.trainable).map(([name, variable]) => [name, /** @type {const} */ ({ dtype: "F32", shape: variable.shape, data: Float32Array.from(variable.dataSync()) })]));
  for (const variable of new Set([...Object.values(built.trainable), ...Object.values(built.buffers)])) variable.dispose();
  return start;
}

/**
 * The random numbers that MAE masks a step's images by (`randomMask` of @ssl-vit/masking in the trainer's stream of the step), image after image.
 *
 * @param {RunConfig} run @param {number} step @param {Int32Array} indices
 */
function maskNoise({ seed, encoder: { imageSize: [height, width], patchSize } }, step, indices) {
  const patches = (height / patchSize) * (width / patchSize);
  const stream = createRandom(seed).derive("step").derive(step);
  return Buffer.concat([...indices].map((index) => Buffer.from(stream.derive("mask", index).uniforms(patches).buffer)));
}

/** @param {Float32Array} values */
const bytesOf = (values) => Buffer.from(values.buffer, values.byteOffset, values.byteLength);

/**
 * Writes what peer_replay.py reads.
 *
 * @param {RunConfig} run
 * @param {{ packageName: string, steps: number, totalSteps: number, folder: string, signal: AbortSignal }} options `steps` to take of `totalSteps`, all in the first epoch
 */
export async function writeReplayInputs(run, { packageName, steps, totalSteps, folder, signal }) {
  writeFileSync(join(folder, "start.safetensors"), encodeSafetensors(await startWeights(run, packageName)));
  const images = await openDataset(run.data.location);
  const loader = createLoader(images, { views: run.views, batchSize: run.batchSize, seed: run.seed, workers: 1, channels: run.encoder.channels });
  try {
    let step = 0;
    for await (const { views, indices } of loader.batches(0)) {
      signal.throwIfAborted();
      writeFileSync(join(folder, `${step}.bin`), Buffer.concat([...views.map(({ data }) => bytesOf(data)), ...(run.method.name === "mae" ? [maskNoise(run, step, indices)] : [])]));
      step++;
      if (step < steps) continue;
      writeFileSync(join(folder, "inputs.json"), JSON.stringify({ steps, totalSteps, stepsPerEpoch: loader.stepsPerEpoch, views: views.map(({ shape }) => shape) }));
      break;
    }
  } finally {
    await loader.close();
    await images.close();
  }
}
