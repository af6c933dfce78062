// The memory of real training steps on the native engine: node --expose-gc measured-step.js METHOD MODEL IMAGE-SIZE PATCH-SIZE BATCH-SIZE PRESET STEPS
//
// Before each step what is idle is given back to the system. Then the most that the process has resident during the step, less what it had before, is what the
// step needs: tensors, scratch memory, and whatever memory is lost between them.
import { readFileSync, writeFileSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import { loadMethod } from "@ssl-vit/cli";
import { createRandom, singleProcess } from "@ssl-vit/core";
import { prepareEngine } from "@ssl-vit/engine";
import { createOptimizer } from "@ssl-vit/optim";
import { trainingStep } from "@ssl-vit/trainer";
import { vit, vitSizes } from "@ssl-vit/vit";
import { backend, randomUniform } from "@tensorflow/tfjs-core";

const [name = "", model = "", ...rest] = process.argv.slice(2);
const [imageSize, patchSize, batchSize] = rest.map(Number);
const [preset, steps] = [rest[3], Number(rest[4])];
const collect = globalThis.gc;
const factory = await loadMethod(name);
const recipe = factory.presets[preset];
if (collect === undefined || recipe === undefined || !(model in vitSizes)) throw new Error(`expected --expose-gc, a model and a preset, received ${process.argv.slice(2).join(" ")}`);

/** In bytes, of /proc/self/status. @param {"VmRSS" | "VmHWM"} field */
const resident = (field) => 1024 * Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(readFileSync("/proc/self/status", "utf8"))?.[1]);

async function giveBack() {
  /** @type {import("@ssl-vit/backend-native").NativeBackend} */ (/** @type {unknown} */ (backend())).trim();
  // Array buffers are let go of beside the program, after the collection that found them unused.
  for (let round = 0; round < 3; round++) {
    collect?.();
    await setImmediate();
  }
}

await prepareEngine({ engine: "native" });
const encoderOptions = Object.fromEntries(Object.entries(recipe.model).filter(([option]) => !(option in vitSizes.tiny)));
const method = factory(vit({ ...encoderOptions, size: /** @type {import("@ssl-vit/vit").VitSize} */ (model), imageSize, patchSize }), recipe.method);
const optimizer = createOptimizer(recipe.optimizer, method.trainable, { batchSize });
const views = method.views.groups.flatMap(({ name: group, count, size }) =>
  Array.from({ length: count }, (_, index) => ({ name: group, images: /** @type {import("@tensorflow/tfjs-core").Tensor4D} */ (randomUniform([batchSize, size, size, 3], -2, 2, "float32", index)) })),
);
const batch = { size: batchSize, views, indices: Int32Array.from({ length: batchSize }, (_, index) => index) };
// As `measureCost` has it: half of the run is over, and the same masks are drawn.
const progress = { step: 500_000, totalSteps: 1_000_000, epoch: 500, totalEpochs: 1000 };
const step = (/** @type {number} */ draw) => trainingStep(method, optimizer, batch, { training: true, random: createRandom(0).derive("steps", draw), collective: singleProcess, progress });

// A queue is full by then.
const { queue } = method.buffers;
if (queue !== undefined) {
  const rows = randomUniform(queue.shape, -1, 1, "float32", 0);
  queue.assign(rows);
  rows.dispose();
}
// The first one: code is compiled, and a teacher gets memory of its own.
step(0);
const peaks = [];
for (let draw = 0; draw < steps; draw++) {
  await giveBack();
  const before = resident("VmRSS");
  writeFileSync("/proc/self/clear_refs", "5"); // the most so far is what there is now
  step(draw);
  peaks.push(resident("VmHWM") - before);
}
process.stdout.write(`${JSON.stringify({ peaks })}\n`);
