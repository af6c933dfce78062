// The same recipes here and in PyTorch: `pnpm run bench parity`. README.md has the options.
import { downloadCifar10 } from "@ssl-vit/quality/cifar10.js";
import { testImagesOf, trainImagesOf } from "@ssl-vit/quality/images.js";
import { runSitting } from "@ssl-vit/sitting/run-sitting.js";
import { runUntilStopped, say } from "@ssl-vit/sitting/run-until-stopped.js";
import { parseCommandLine } from "./command-line.js";
import { parityPlan } from "./parity-plan.js";
import { publishResults } from "./publish.js";

/** @param {import("./command-line.js").Flags} flags @param {AbortSignal} signal */
async function sitting({ methods, sides, seeds, venv, imagesSeen, trainImages, testImages, threads, data, testData, download, ...flags }, signal) {
  process.env["SSL_VIT_THREADS"] = String(threads);
  if (download) await downloadCifar10(signal);
  const train = await trainImagesOf(data, { labelled: true, benchmark: "parity" });
  const test = await testImagesOf(testData ?? data, { benchmark: "parity" });
  const protocol = { train: train.path, test: test.path, trainImages: Math.min(trainImages, train.count), testImages: Math.min(testImages, test.count) };
  const plan = parityPlan({ methods, sides, seeds, venv }, { dataName: train.name, trainImages: train, protocol, imagesSeen, threads, out: flags.out, isResumed: flags.resume === true });
  // What it ran on is among the plan's options, the code among each measurement's numbers.
  const measurements = await runSitting(plan, { benchmark: "parity", ...flags, machine: {}, signal, say });
  process.stdout.write(plan.table(measurements));
  const problem = plan.problem?.(measurements);
  if (problem !== undefined) throw new Error(`[parity] ${problem}`);
}

const { publish, ...flags } = parseCommandLine(process.argv.slice(2));
await runUntilStopped(flags.out, async (signal) => {
  if (publish) for (const path of await publishResults(flags.out)) say(`wrote ${path}`);
  else await sitting(flags, signal);
});
