// A short real training of every installed method, and what its features are worth: `pnpm run bench quality`. README.md has the options.
import { machine, tellChanges } from "@ssl-vit/sitting/machine.js";
import { openResultsFile } from "@ssl-vit/sitting/results-file.js";
import { runUntilStopped, say } from "@ssl-vit/sitting/run-until-stopped.js";
import { timeBudget } from "@ssl-vit/sitting/time-budget.js";
import { versions } from "@ssl-vit/sitting/versions.js";
import { parseCommandLine } from "./command-line.js";
import { downloadCifar10 } from "./cifar10.js";
import { testImagesOf, trainImagesOf } from "./images.js";
import { installedMethods } from "./installed-methods.js";
import { measureQuality } from "./measure-quality.js";
import { measureSteps, stepsTable } from "./measure-steps.js";
import { publishResults } from "./publish.js";
import { qualityTable } from "./quality-table.js";
import { runSslVit } from "@ssl-vit/sitting/run-ssl-vit.js";

/** @param {import("./command-line.js").Flags} flags @param {AbortSignal} signal */
async function sitting({ methods: wanted, seeds, imagesSeen, supervised, trainImages, testImages, precision, data, testData, download, stepsOnly: steps, budget: seconds, ...flags }, signal) {
  if (download) await downloadCifar10(signal);
  const budget = timeBudget(seconds);
  const labelled = steps === undefined;
  const train = await trainImagesOf(data, { labelled });
  const here = machine();
  tellChanges(here.commit, say);
  const context = { run: runSslVit, signal, say, budget };
  if (steps !== undefined) {
    const results = openResultsFile("steps", { ...flags, benchmark: "quality", circumstances: { ...here, steps, precision, data: train.name }, table: stepsTable });
    results.noteVersions(versions());
    const methods = await installedMethods(wanted, runSslVit, signal, say);
    await measureSteps({ methods, seeds, steps, precision, trainImages: train, out: flags.out }, results, context);
    return stepsTable(results.measurements);
  }
  const test = await testImagesOf(testData ?? data);
  const protocol = { train: train.path, test: test.path, trainImages: Math.min(trainImages, train.count), testImages: Math.min(testImages, test.count) };
  // Methods may be added to a sitting after the code went on: each training says what it ran on.
  const { commit, ...where } = here;
  const table = qualityTable({ data: train.name, trainImages: protocol.trainImages, testImages: protocol.testImages, imagesSeen, precision, ...where });
  const options = { imagesSeen, trainImages: protocol.trainImages, testImages: protocol.testImages, precision, data: train.name, testData: test.name };
  const results = openResultsFile("results", { ...flags, benchmark: "quality", circumstances: { ...where, ...options }, table });
  const methods = await installedMethods(wanted, runSslVit, signal, say);
  await measureQuality({ methods, commit, installed: versions(), seeds, imagesSeen, precision, trainImages: train, protocol, supervised, out: flags.out, isResumed: flags.resume === true }, results, context);
  return table(results.measurements);
}

const { publish, ...flags } = parseCommandLine(process.argv.slice(2));
await runUntilStopped(flags.out, async (signal) => {
  if (publish) for (const path of await publishResults(flags.out)) say(`wrote ${path}`);
  else process.stdout.write(await sitting(flags, signal));
});
