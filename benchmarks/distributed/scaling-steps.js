// Times the steps of a training, alone or as a rank: SSL_VIT_THREADS=N node scaling-steps.js JSON
import { median } from "@ssl-vit/bench";
import { disposeMethod } from "@ssl-vit/core";
import { mpi } from "@ssl-vit/distributed";
import { prepareEngine } from "@ssl-vit/engine";
import { smallRecipe } from "@ssl-vit/quality/small-recipe.js";
import { train } from "@ssl-vit/trainer";
import { vit } from "@ssl-vit/vit";
import { pictures } from "./pictures.js";
import { timedGroup } from "./timed-group.js";

/** Steps of which the first are no measure: code is compiled in them, and memory taken. */
const WARMUP = 2;
const SIDE = 32;

/** @type {{ packageName: string, size?: import("@ssl-vit/vit").VitSize, batchSize: number, steps: number, ranks: boolean }} */
const { packageName, size = "tiny", batchSize, steps, ranks } = JSON.parse(process.argv[2] ?? "");
const timed = ranks ? timedGroup(await mpi({ timeout: 120 })) : undefined;
await prepareEngine({ engine: "native", precision: "float32" });

const { factory, preset } = await smallRecipe(packageName);
const method = factory(vit({ ...preset.model, size, patchSize: 4, imageSize: SIDE, seed: 0 }), { ...preset.method, seed: 0 });
// Views that cost next to nothing: what is compared is the step.
const views = { ...method.views, groups: method.views.groups.map((group) => ({ ...group, operations: [{ kind: /** @type {const} */ ("centerCrop"), cropRatio: 1 }] })) };

const turns = [];
let last = performance.now();
// One step more: in the last one the ranks compare their weights.
const options = { method, views, data: pictures(batchSize, SIDE), optimizer: preset.optimizer, batchSize, steps: WARMUP + steps + 1, seed: 0, workers: 0 };
for await (const { dataWaitShare } of train(timed === undefined ? options : { ...options, distributed: timed.group })) {
  const now = performance.now();
  const spent = timed?.take() ?? {};
  turns.push({ ms: now - last, spent, data: dataWaitShare });
  last = performance.now();
}
const measured = turns.slice(WARMUP, -1);
/** Medians of this rank. */
const own = {
  ms: median(measured.map(({ ms }) => ms)),
  least: Math.min(...measured.map(({ ms }) => ms)),
  data: median(measured.map(({ data }) => data)),
  share: median(measured.map(({ ms, spent }) => Object.values(spent).reduce((sum, part) => sum + part, 0) / ms)),
  spent: Object.fromEntries(Object.keys(measured[0]?.spent ?? {}).map((name) => [name, median(measured.map(({ spent }) => /** @type {Record<string, number>} */ (spent)[name] ?? 0))])),
};
const gradientBytes = 4 * Object.values(method.trainable).reduce((sum, { size }) => sum + size, 0);
const all = timed?.group.exchange(JSON.stringify(own)).map((text) => JSON.parse(text)) ?? [own];
if (timed === undefined || timed.group.rank === 0) process.stdout.write(`${JSON.stringify({ ms: own.ms, gradientBytes, least: own.least, memoryMb: process.resourceUsage().maxRSS / 1024, ranks: all })}\n`);
disposeMethod(method);
timed?.group.close();
