/**
 * Shows that everything works on the engine `tensorflow`: builds @tensorflow/tfjs-node in a folder of its own (once), runs the tests of every package
 * that computes with tensors on it, and trains each method for a few steps on real images.
 *
 * usage: node test-tensorflow.js [--folder FOLDER]     where the build is kept; default: SSL_VIT_TENSORFLOW_DIR, or ~/.cache/ssl-vit
 */
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { buildTfjsNode, defaultFolder } from "./build-tfjs-node.js";
import { compareTrainings } from "./compare-trainings.js";
import { runPackageTests } from "./run-package-tests.js";

const { folder } = parseArgs({ options: { folder: { type: "string", default: defaultFolder() } } }).values;

/** The build, or undefined after saying why there is none. */
function build() {
  try {
    return buildTfjsNode(resolve(folder));
  } catch (error) {
    console.error(error.message);
    return undefined;
  }
}

const built = build();
if (built === undefined) process.exitCode = 1;
else {
  const { project, versions, found } = built;
  console.log(`${versions}, Node ${process.versions.node}: ${found ? "found" : "built"} in ${project}`);
  console.log("\ntests on tensorflow");
  const tests = runPackageTests(project);
  console.log("\nssl-vit pretrain --engine tensorflow, in a project with tfjs-node");
  const trainings = compareTrainings(project);
  const [passed, failed] = [tests.passed + trainings.passed, tests.failed + trainings.failed];
  console.log(`\n${passed} passed, ${failed} failed`);
  if (failed > 0) process.exitCode = 1;
}
