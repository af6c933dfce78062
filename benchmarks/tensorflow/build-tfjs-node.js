/**
 * Builds @tensorflow/tfjs-node in a folder, with the TensorFlow library inside PyPI's wheel of tensorflow-cpu. The package's own install script fetches
 * TensorFlow 2.9.1 from a storage host; this one needs npm, PyPI and a C++ compiler, and shows that the engine works on a TensorFlow of today.
 */
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { cacheFolder } from "./cache-folder.js";

const TFJS_NODE = "4.22.0";
const TENSORFLOW = "2.21.0";
const NODE_API_HEADERS = "1.9.0";
/** The wheel's tag, whatever Python reads it: the library in it does not depend on Python. */
const WHEEL = ["--implementation", "cp", "--python-version", "3.12", "--abi", "cp312", "--platform", "manylinux_2_27_x86_64"];

/** @type {(what: string, expected: string, received: string, fix: string) => Error} */
const problem = (what, expected, received, fix) => new Error(`[tensorflow] ${what}: expected ${expected}, received ${received}. ${fix}`);

/**
 * Runs a program; its output is shown only when it fails.
 *
 * @param {string} what @param {string} program @param {string[]} args @param {string} [cwd]
 */
function run(what, program, args, cwd) {
  try {
    return execFileSync(program, args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  } catch (error) {
    const { stdout = "", stderr = "" } = /** @type {{ stdout?: string, stderr?: string }} */ (error);
    throw new Error(`[tensorflow] ${what} failed: ${program} ${args.join(" ")}\n${stdout}${stderr}`, { cause: error });
  }
}

/** Refuses early what would fail late. */
function checkTools() {
  if (process.platform !== "linux" || process.arch !== "x64") {
    throw problem("system", "linux x64", `${process.platform} ${process.arch}`, "Elsewhere, run npm install @tensorflow/tfjs-node in a project.");
  }
  for (const [program, args, what, fix] of /** @type {[string, string[], string, string][]} */ ([
    ["python3", ["-m", "pip", "--version"], "Python 3 with pip", "Debian, Ubuntu: apt install python3-pip"],
    ["g++", ["--version"], "a C++17 compiler", "Debian, Ubuntu: apt install g++"],
  ])) {
    try {
      execFileSync(program, args, { stdio: "ignore" });
    } catch {
      throw problem(program, what, "none", `${fix}.`);
    }
  }
}

/** Where the build is kept between runs: SSL_VIT_TENSORFLOW_DIR, or the user's cache folder. */
export const defaultFolder = () => process.env["SSL_VIT_TENSORFLOW_DIR"] ?? cacheFolder();

/**
 * Installs the JavaScript of tfjs-node, of its GPU twin, and the headers of Node-API. Without install scripts: they download TensorFlow.
 *
 * @param {string} project
 */
function installPackages(project) {
  writeFileSync(join(project, "package.json"), `${JSON.stringify({ name: "tensorflow-project", private: true }, null, 2)}\n`);
  const packages = [`@tensorflow/tfjs-node@${TFJS_NODE}`, `@tensorflow/tfjs-node-gpu@${TFJS_NODE}`, `node-api-headers@${NODE_API_HEADERS}`];
  run("installing tfjs-node", "npm", ["install", "--ignore-scripts", "--no-audit", "--no-fund", ...packages], project);
}

/** @param {string} project @param {string} dependencies */
function unpackTensorFlow(project, dependencies) {
  const wheels = join(project, "wheel");
  const download = ["-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:", ...WHEEL, "--dest", wheels, `tensorflow-cpu==${TENSORFLOW}`];
  run("downloading TensorFlow", "python3", download, project);
  const [wheel] = readdirSync(wheels);
  run("unpacking TensorFlow", "python3", [fileURLToPath(new URL("unpack-tensorflow.py", import.meta.url)), join(wheels, wheel), dependencies], project);
  rmSync(wheels, { recursive: true });
}

/**
 * The addon is pure Node-API of version 8: one file for every Node since 16.
 *
 * @param {string} project @param {string} packageFolder
 */
function compileAddon(project, packageFolder) {
  const folder = join(packageFolder, "lib", "napi-v8");
  mkdirSync(folder, { recursive: true });
  const addon = join(folder, "tfjs_binding.node");
  // The rpath is the one that tfjs-node's own build has.
  const link = ["-Ldeps/lib", "-l:libtensorflow_cc.so.2", "-l:libtensorflow_framework.so.2", "-Wl,-rpath,$ORIGIN/../../deps/lib"];
  const includes = ["-I..", "-Ideps/include", `-I${join(project, "node_modules", "node-api-headers", "include")}`];
  const sources = ["binding/tfjs_backend.cc", "binding/tfjs_binding.cc"];
  const defines = ["-DNAPI_VERSION=8", "-DNODE_GYP_MODULE_NAME=tfjs_binding"];
  run("compiling the addon", "g++", ["-shared", "-fPIC", "-O2", "-std=c++17", ...defines, ...includes, ...sources, "-o", addon, ...link], packageFolder);
  const version = run("loading the addon", process.execPath, ["-p", `require(${JSON.stringify(addon)}).TF_Version`], project).trim();
  if (version !== TENSORFLOW) throw problem("the addon's TensorFlow", TENSORFLOW, version, "Another one is found first: unset LD_LIBRARY_PATH.");
}

/**
 * A project with @tensorflow/tfjs-node and @tensorflow/tfjs-node-gpu installed, both on TensorFlow's CPU build. Made once, then found.
 *
 * @param {string} parent folder outside of the repository that gets a folder of its own for these versions (some 1 GB)
 * @returns {{ project: string, versions: string, found: boolean }}
 */
export function buildTfjsNode(parent) {
  const versions = `tfjs-node ${TFJS_NODE} on TensorFlow ${TENSORFLOW}`;
  const project = join(parent, versions.toLowerCase().replaceAll(" ", "-"));
  const done = join(project, "built");
  if (existsSync(done)) return { project, versions, found: true };
  checkTools();
  mkdirSync(project, { recursive: true });
  installPackages(project);
  const [packageFolder, gpuFolder] = ["tfjs-node", "tfjs-node-gpu"].map((name) => join(project, "node_modules", "@tensorflow", name));
  unpackTensorFlow(project, join(packageFolder, "deps"));
  compileAddon(project, packageFolder);
  // The twins differ in name only: the GPU one says here what it says on a machine without a GPU.
  cpSync(join(packageFolder, "lib"), join(gpuFolder, "lib"), { recursive: true });
  rmSync(join(gpuFolder, "deps"), { recursive: true, force: true });
  symlinkSync(join("..", "tfjs-node", "deps"), join(gpuFolder, "deps"));
  writeFileSync(done, `${versions}\n`);
  return { project, versions, found: false };
}
