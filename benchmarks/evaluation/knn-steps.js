// One side of knn-speed.js: the k-NN of @ssl-vit/eval. node knn-steps.js FOLDER K REPEATS; the last line is one JSON object.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { prepareEngine, threadCount } from "@ssl-vit/engine";
import { evaluateKnn } from "@ssl-vit/eval";

const [folder = "", k = "", repeats = ""] = process.argv.slice(2);
const { dim } = JSON.parse(readFileSync(join(folder, "features.json"), "utf8"));

/** @param {string} name @returns {import("@ssl-vit/eval").FeatureSet} */
function featureSet(name) {
  const read = (/** @type {string} */ what) => new Uint8Array(readFileSync(join(folder, `${name}-${what}.bin`))).buffer;
  const [values, labels] = [new Float32Array(read("values")), new Int32Array(read("labels"))];
  const views = { groups: [], normalize: { mean: [0], std: [1] } };
  return { location: name, views, values, count: labels.length, dim, labels, indices: Int32Array.from(labels.keys()), layer: "cls", imageSize: [32, 32] };
}

const { name: engine } = await prepareEngine({ engine: "native" });
const [train, test] = [featureSet("train"), featureSet("test")];
// What is compiled on first use is compiled, as PyTorch is.
const few = { ...test, values: test.values.subarray(0, 1000 * dim), labels: test.labels.subarray(0, 1000), indices: test.indices.subarray(0, 1000), count: 1000 };
evaluateKnn({ train, test: few, k: Number(k) });
const heldMb = process.memoryUsage().rss / 2 ** 20;
const times = [];
let top1 = 0;
for (let repeat = 0; repeat < Number(repeats); repeat++) {
  const started = performance.now();
  ({ top1 } = evaluateKnn({ train, test, k: Number(k) }));
  times.push(performance.now() - started);
}
process.stdout.write(`${JSON.stringify({ engine, threads: threadCount(), times, top1, held_mb: heldMb, peak_rss_mb: process.resourceUsage().maxRSS / 1024 })}\n`);
