// The loader beside PyTorch's DataLoader with torchvision on PIL images, in turn.
import { fileURLToPath } from "node:url";
import { median } from "@ssl-vit/bench";
import { pythonEnvironment, requirements } from "@ssl-vit/reference/python-environment.js";
import { machine } from "@ssl-vit/sitting/machine.js";
import { markdownTable } from "@ssl-vit/sitting/markdown-table.js";
import { runForJson } from "@ssl-vit/sitting/run-for-json.js";
import { cifarShards } from "./cifar-shards.js";
import { picturesFolder } from "./make-pictures.js";
import { sittingLine } from "./sitting-line.js";
import { workloads } from "./workloads.js";

/**
 * @typedef {import("@ssl-vit/sitting/run-sitting.js").Measurement} Measurement
 * @typedef {import("@ssl-vit/sitting/run-sitting.js").Task} Task
 */

const scripts = { pytorch: fileURLToPath(new URL("peer_loader.py", import.meta.url)), ours: fileURLToPath(new URL("load-here.js", import.meta.url)) };

/** @param {readonly Measurement[]} turns @param {string} name */
const medianOf = (turns, name) => median(turns.map((turn) => turn[name]));

/** Of each workload and number of workers: medians of both sides and their ratios, above 1 where ours is faster. @param {readonly Measurement[]} measurements */
function comparisons(measurements) {
  const names = [...new Set(measurements.map(({ workload, workers }) => `${workload} ${workers}`))];
  return names.flatMap((name) => {
    const of = (/** @type {string} */ side) => measurements.filter((turn) => turn.side === side && `${turn.workload} ${turn.workers}` === name);
    const [theirs, ours] = [of("pytorch"), of("ours")];
    if (theirs.length === 0 || ours.length === 0) return [];
    const [slow, fast] = [medianOf(theirs, "images_per_second"), medianOf(ours, "images_per_second")];
    const rounds = ours.map(({ round, images_per_second: speed }) => {
      const other = theirs.find((turn) => turn.round === round);
      return other === undefined ? "–" : (speed / other.images_per_second).toFixed(2);
    });
    const [more, less] = [theirs, ours].map((turns) => (turns.some(({ processor_ms: ms }) => ms === null) ? undefined : medianOf(turns, "processor_ms")));
    const processor = more === undefined || less === undefined ? undefined : { more, less, ratio: more / less };
    return [{ name, slow, fast, ratio: fast / slow, rounds, processor }];
  });
}

/**
 * What it was measured on, and images a second of both sides by workload and number of workers. The ratio above 1: ours is faster.
 *
 * @param {readonly Measurement[]} measurements
 * @param {ReturnType<typeof machine>} where
 */
export function loadingTable(measurements, where) {
  const rows = comparisons(measurements).map(({ name, slow, fast, ratio, rounds, processor }) => {
    const times = processor === undefined ? ["–", "–"] : [`${processor.more.toFixed(2)}, ${processor.less.toFixed(2)}`, processor.ratio.toFixed(2)];
    return [...name.split(" "), slow.toFixed(0), fast.toFixed(0), ratio.toFixed(2), rounds.join(" "), ...times];
  });
  const columns = ["views", "workers", "PyTorch images/s", "ours images/s", "ratio", "each round", "processor ms an image: PyTorch, ours", "ratio of processor time"];
  const versions = measurements.find(({ side }) => side === "pytorch")?.versions ?? "no Python yet";
  return `${sittingLine(where, versions)}\n\n${markdownTable(columns, rows)}`;
}

/** Both sides must have made the same views. @param {readonly Measurement[]} measurements */
export function differingViews(measurements) {
  for (const name of new Set(measurements.map(({ workload }) => workload))) {
    const shapes = new Set(measurements.filter(({ workload }) => workload === name).map((turn) => JSON.stringify(turn.shapes)));
    if (shapes.size > 1) return `${name}: expected the same views from both sides, received ${[...shapes].join(" and ")}.`;
  }
  return undefined;
}

/** Ours must be at least as fast, in images a second or in processor time, which a busy machine changes less. @param {readonly Measurement[]} measurements */
export function slower(measurements) {
  const bad = comparisons(measurements).filter(({ ratio, processor }) => Math.max(ratio, processor?.ratio ?? 0) < 1);
  const received = bad.map(({ name, ratio, processor }) => `${ratio.toFixed(2)}${processor === undefined ? "" : ` and ${processor.ratio.toFixed(2)}`} (${name} workers)`);
  return bad.length === 0 ? undefined : `ratio of images/s, or of processor time: expected at least 1 to PyTorch, received ${received.join(", ")}.`;
}

/**
 * @param {{ workloads: import("./workloads.js").WorkloadName[], workers: number[], rounds: number, cifar: string, venv?: string }} options
 * @param {(text: string) => void} say
 * @returns {import("@ssl-vit/sitting/run-sitting.js").Plan}
 */
export function loadingPlan({ workloads: names, workers: workerCounts, rounds, cifar, venv }, say) {
  const where = machine();

  /** @param {import("./workloads.js").Workload["images"]} images @param {string} python */
  async function imagesOf(images, python) {
    if (images === "shards") {
      const { files, pattern } = cifarShards(cifar);
      return { pytorch: files, ours: pattern };
    }
    const folder = await picturesFolder(python, say);
    return { pytorch: folder, ours: folder };
  }

  async function prepare() {
    const python = pythonEnvironment(venv, say);
    const programs = { pytorch: python, ours: process.execPath };
    /** @type {Task[]} */
    const tasks = [];
    for (let round = 1; round <= rounds; round++) {
      for (const name of names) {
        const { images, ...workload } = workloads[name];
        const places = await imagesOf(images, python);
        for (const workers of workerCounts) {
          const pair = /** @type {const} */ (["pytorch", "ours"]).map((side) => ({
            key: { round, side, workload: name, workers },
            measure: (/** @type {AbortSignal} */ signal) =>
              runForJson(programs[side], [scripts[side], JSON.stringify({ ...workload, images: places[side], workers })], { benchmark: "data", signal }),
          }));
          tasks.push(...(round % 2 === 1 ? pair : pair.reverse()));
        }
      }
    }
    return tasks;
  }

  return {
    name: "loading",
    options: { workloads: names, workers: workerCounts, rounds, requirements: requirements() },
    prepare,
    table: (measurements) => loadingTable(measurements, where),
    line: ({ round, side, workload, workers, images_per_second: speed, processor_ms: processor }) =>
      `round ${round}: ${workload}, ${workers} workers, ${side}: ${speed.toFixed(0)} images/s${processor === null ? "" : `, ${processor.toFixed(2)} ms of processor time each`}`,
    problem: (measurements) => differingViews(measurements) ?? slower(measurements),
  };
}
