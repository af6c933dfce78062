// The loader beside PyTorch's DataLoader with torchvision on PIL images, in turn.
import { fileURLToPath } from "node:url";
import { installedVersions, pythonEnvironment, requirements } from "@ssl-vit/reference/python-environment.js";
import { machine } from "@ssl-vit/sitting/machine.js";
import { runForJson } from "@ssl-vit/sitting/run-for-json.js";
import { cifarShards } from "./cifar-shards.js";
import { imageLibraries } from "./image-libraries.js";
import { differingViews, loadingTable, slower } from "./loading-table.js";
import { picturesFolder } from "./make-pictures.js";
import { sittingKeys } from "./sitting-keys.js";
import { workloads } from "./workloads.js";

const scripts = { pytorch: fileURLToPath(new URL("peer_loader.py", import.meta.url)), ours: fileURLToPath(new URL("load-here.js", import.meta.url)) };

/** How many images and batches of a workload both sides make. @param {import("./workloads.js").WorkloadName} name */
function protocolOf(name) {
  const { batchSize, warmup, batches } = workloads[name];
  return { batchSize, warmup, batches };
}

/**
 * @param {{ workloads: import("./workloads.js").WorkloadName[], workers: number[], rounds: number, cifar: string, venv?: string }} options
 * @param {(text: string) => void} say
 * @returns {import("@ssl-vit/sitting/run-sitting.js").Plan}
 */
export function loadingPlan({ workloads: names, workers: workerCounts, rounds, cifar, venv }, say) {
  const where = machine();

  /** @param {import("./workloads.js").WorkloadName} name @param {string} python */
  async function imagesOf(name, python) {
    if (workloads[name].images === "shards") {
      const { files, pattern } = cifarShards(cifar);
      return { pytorch: files, ours: pattern };
    }
    const folder = await picturesFolder(python, say);
    return { pytorch: folder, ours: folder };
  }

  /** @type {import("@ssl-vit/sitting/run-sitting.js").Plan["prepare"]} */
  async function prepare(_signal, notePython) {
    const python = pythonEnvironment(venv, say);
    notePython(installedVersions(python));
    const programs = { pytorch: python, ours: process.execPath };
    const places = new Map();
    for (const name of names) places.set(name, await imagesOf(name, python));
    return sittingKeys.loading({ rounds, workloads: names, workers: workerCounts }).map((key) => {
      const { side, workload, workers } = key;
      const spec = { ...protocolOf(workload), policy: workloads[workload].policy, images: places.get(workload)[side], workers };
      return { key, measure: (/** @type {AbortSignal} */ signal) => runForJson(programs[side], [scripts[side], JSON.stringify(spec)], { benchmark: "data", signal }) };
    });
  }

  return {
    name: "loading",
    options: { workloads: names, workers: workerCounts, rounds, protocol: Object.fromEntries(names.map((name) => [name, protocolOf(name)])), ...imageLibraries(), requirements: requirements() },
    prepare,
    table: (measurements) => loadingTable(measurements, where),
    line: ({ round, side, workload, workers, images_per_second: speed, processor_ms: processor }) =>
      `round ${round}: ${workload}, ${workers} workers, ${side}: ${speed.toFixed(0)} images/s${processor === null ? "" : `, ${processor.toFixed(2)} ms of processor time each`}`,
    problem: (measurements) => differingViews(measurements) ?? slower(measurements),
  };
}
