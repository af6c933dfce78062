// Loads a folder of weights, adds up every value, and says how long that took and how much memory: node load-weights.js WAY FOLDER, as peer_loading.py.
// WAY: loadEncoder, on the native engine; openSafetensors, tensor by tensor without an engine.
import { performance } from "node:perf_hooks";
import { prepareEngine } from "@ssl-vit/engine";
import { filesIn, loadEncoder, openSafetensors } from "@ssl-vit/weights";
import { sum } from "@tensorflow/tfjs-core";

const [way, folder] = process.argv.slice(2);

/** Adds up on the engine. */
async function encoder() {
  const started = performance.now();
  const { parameters, buffers } = await loadEncoder(folder);
  const loaded = performance.now();
  let total = 0;
  for (const variable of Object.values({ ...parameters, ...buffers })) {
    const one = sum(variable);
    total += one.dataSync()[0];
    one.dispose();
  }
  return { load_ms: loaded - started, sum_ms: performance.now() - loaded, sum: total };
}

/** @param {Float32Array} values */
function added(values) {
  let total = 0;
  for (let index = 0; index < values.length; index++) total += values[index];
  return total;
}

/** Each tensor is let go of before the next is read. */
async function tensors() {
  let [reading, adding, total] = [0, 0, 0];
  let mark = performance.now();
  const state = await openSafetensors(filesIn(folder), "model.safetensors");
  for (const name of state.names) {
    const values = await state.read(name);
    const read = performance.now();
    reading += read - mark;
    total += added(values);
    mark = performance.now();
    adding += mark - read;
  }
  await state.close();
  return { load_ms: reading, sum_ms: adding, sum: total };
}

const load = new Map(Object.entries({ loadEncoder: encoder, openSafetensors: tensors })).get(way);
if (load === undefined) throw new Error(`[interop] expected loadEncoder or openSafetensors, received ${way}.`);
const mostMemory = () => process.resourceUsage().maxRSS / 1024;
await prepareEngine({ engine: "native" });
const before = mostMemory();
const used = process.cpuUsage();
const result = await load();
const { user, system } = process.cpuUsage(used);
console.log(JSON.stringify({ version: `Node ${process.versions.node}`, ...result, processor_ms: (user + system) / 1000, mb_before: before, mb_peak: mostMemory() }));
