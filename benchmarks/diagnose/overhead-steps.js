// The time of steps with and without a monitor: `node overhead-steps.js METHOD SIZE BATCH STEPS EVERY`, EVERY 0 for none. One JSON object.
import { createMonitor } from "@ssl-vit/diagnose";
import { disposeMethod } from "@ssl-vit/core";
import { openDataset } from "@ssl-vit/data";
import { prepareEngine } from "@ssl-vit/engine";
import { train } from "@ssl-vit/trainer";
import { caseSettings } from "./case-settings.js";
import { domainImages } from "./domain-images.js";

const [name, size, batch, count, every] = process.argv.slice(2);
const steps = Number(count);

/** Steps at the start that are no measure: code is compiled in them. */
const WARMUP = 10;

await prepareEngine({ engine: "native" });
const data = await openDataset(domainImages("photographs").train);
const { method, ...settings } = caseSettings(
  { name: "overhead", method: /** @type {string} */ (name), half: "healthy", model: size === "pico" ? {} : { size }, batchSize: Number(batch) },
  { images: data.length, steps: WARMUP + steps },
);
/** Whether a step is looked at: at the pace of the middle of a run. The looks at its first steps and at its last are as many in a run of any length. */
const isLookedAt = (/** @type {number} */ step) => step > WARMUP && (step - WARMUP) % Number(every) === 0;
const monitor = every === "0" ? undefined : { ...createMonitor(), isLookedAt };
const timed = Array.from({ length: steps }, (_, index) => WARMUP + 1 + index);
let [from, to, processorFrom, processorTo] = [0, 0, 0, 0];
const processorMs = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};
for await (const { step } of train({ ...settings, method, data, tensorboard: false, ...(monitor === undefined ? {} : { monitor }) })) {
  if (step === WARMUP) [from, processorFrom] = [performance.now(), processorMs()];
  if (step === WARMUP + steps) [to, processorTo] = [performance.now(), processorMs()];
}
const looks = monitor === undefined ? 0 : timed.filter(isLookedAt).length;
disposeMethod(method);
await data.close();
process.stdout.write(`${JSON.stringify({ steps, looks, stepMs: (to - from) / steps, processorMs: (processorTo - processorFrom) / steps })}\n`);
