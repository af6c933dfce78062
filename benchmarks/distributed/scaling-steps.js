// Times the steps of a training, alone or as a rank: SSL_VIT_THREADS=N node scaling-steps.js JSON
import { median } from "@ssl-vit/bench";
import { disposeMethod } from "@ssl-vit/core";
import { mpi } from "@ssl-vit/distributed";
import { prepareEngine } from "@ssl-vit/engine";
import { smallRecipe } from "@ssl-vit/quality/small-recipe.js";
import { configHash } from "@ssl-vit/quality/train.js";
import { train } from "@ssl-vit/trainer";
import { vit } from "@ssl-vit/vit";
import { pictures } from "./pictures.js";
import { timedGroup } from "./timed-group.js";

/** Steps of which the first are no measure: code is compiled in them, and memory taken. */
const WARMUP = 2;
const SIDE = 32;
const PATCH = 4;
const SEED = 0;

/** @type {{ packageName: string, size?: import("@ssl-vit/vit").VitSize, batchSize: number, steps: number, ranks: boolean }} */
const { packageName, size = "tiny", batchSize, steps, ranks } = JSON.parse(process.argv[2] ?? "");
const timed = ranks ? timedGroup(await mpi({ timeout: 120 })) : undefined;
const { name, precision, instructions, threads } = await prepareEngine({ engine: "native", precision: "float32" });

const { factory, preset } = await smallRecipe(packageName);
const [encoder, methodOptions] = [{ ...preset.model, size, patchSize: PATCH, imageSize: SIDE, seed: SEED }, { ...preset.method, seed: SEED }];
const method = factory(vit(encoder), methodOptions);
// Views that cost next to nothing: what is compared is the step.
const views = { ...method.views, groups: method.views.groups.map((group) => ({ ...group, operations: [{ kind: /** @type {const} */ ("centerCrop"), cropRatio: 1 }] })) };

const turns = [];
let last = performance.now();
// One step more: in the last one the ranks compare their weights.
const recipe = { views, optimizer: preset.optimizer, batchSize, seed: SEED };
const options = { ...recipe, method, data: pictures(batchSize, SIDE), steps: WARMUP + steps + 1, workers: 0 };
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
const about = {
  engine: { name, precision, instructions, threads },
  protocol: { warmup: WARMUP, steps, imageSize: SIDE, patchSize: PATCH, seed: SEED },
  config: configHash({ run: { ...recipe, package: packageName, encoder, method: methodOptions }, length: { steps: options.steps } }),
};
if (timed === undefined || timed.group.rank === 0) process.stdout.write(`${JSON.stringify({ ms: own.ms, gradientBytes, least: own.least, memoryMb: process.resourceUsage().maxRSS / 1024, ...about, ranks: all })}\n`);
disposeMethod(method);
timed?.group.close();
