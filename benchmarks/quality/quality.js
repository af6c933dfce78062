// A short real training of every installed method, and what its features are worth: `pnpm run bench:quality`. README.md has the options.
import { execFileSync } from "node:child_process";
import { cpus, totalmem } from "node:os";
import { fileURLToPath } from "node:url";
import { parseCommandLine } from "./command-line.js";
import { testImagesOf, trainImagesOf } from "./images.js";
import { installedMethods } from "./installed-methods.js";
import { measureQuality } from "./measure-quality.js";
import { measureSteps, stepsTable } from "./measure-steps.js";
import { qualityTable } from "./quality-table.js";
import { openResultsFile } from "./results-file.js";
import { runSslVit } from "./run-ssl-vit.js";

const say = (/** @type {string} */ text) => process.stderr.write(`${text}\n`);

/** The code that is measured; "unknown" without Git. */
function commit() {
  try {
    return execFileSync("git", ["describe", "--always", "--dirty", "--exclude", "*"], { cwd: fileURLToPath(new URL(".", import.meta.url)), encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
  } catch {
    return "unknown";
  }
}

const machine = { cpu: cpus()[0]?.model, cores: cpus().length, memory_gb: Math.round(totalmem() / 2 ** 30), node: process.versions.node, commit: commit() };

/** @param {import("./command-line.js").Flags} flags @param {AbortSignal} signal */
async function sitting({ methods: wanted, seeds, imagesSeen, trainImages, testImages, precision, data, testData, stepsOnly: steps, ...flags }, signal) {
  const labelled = steps === undefined;
  const train = await trainImagesOf(data, { labelled });
  const context = { run: runSslVit, signal, say };
  if (steps !== undefined) {
    const results = openResultsFile("steps", { ...flags, circumstances: { ...machine, steps, precision, data: train.name }, table: stepsTable });
    const methods = await installedMethods(wanted, runSslVit, signal, say);
    await measureSteps({ methods, seeds, steps, precision, trainImages: train, out: flags.out }, results, context);
    return stepsTable(results.measurements);
  }
  const test = await testImagesOf(testData);
  const protocol = { train: train.path, test: test.path, trainImages: Math.min(trainImages, train.count), testImages: Math.min(testImages, test.count) };
  const table = qualityTable({ data: train.name, trainImages: protocol.trainImages, testImages: protocol.testImages, imagesSeen, precision });
  const options = { imagesSeen, trainImages: protocol.trainImages, testImages: protocol.testImages, precision, data: train.name, testData: test.name };
  const results = openResultsFile("results", { ...flags, circumstances: { ...machine, ...options }, table });
  const methods = await installedMethods(wanted, runSslVit, signal, say);
  await measureQuality({ methods, seeds, imagesSeen, precision, trainImages: train, protocol, out: flags.out }, results, context);
  return table(results.measurements);
}

const flags = parseCommandLine(process.argv.slice(2));
const stopped = new AbortController();
for (const name of ["SIGINT", "SIGTERM"]) {
  process.on(name, () => {
    if (stopped.signal.aborted) process.exit(130);
    stopped.abort();
  });
}
try {
  process.stdout.write(await sitting(flags, stopped.signal));
} catch (error) {
  if (stopped.signal.aborted) say(`Stopped. Measurements taken are kept in ${flags.out}; with any there, --resume goes on.`);
  else say(error instanceof Error ? error.message : String(error));
  process.exitCode = stopped.signal.aborted ? 130 : 1;
}
