// methods: every method on two ranks beside one process with the whole batch.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { deserialize } from "node:v8";
import { median } from "@ssl-vit/bench";
import { installedMethods } from "@ssl-vit/quality/installed-methods.js";
import { markdownTable } from "@ssl-vit/sitting/markdown-table.js";
import { runForJson } from "@ssl-vit/sitting/run-for-json.js";
import { runSslVit } from "@ssl-vit/sitting/run-ssl-vit.js";
import { largestRelative, tensorDifferences } from "./differences.js";
import { installedMpis } from "./find-mpi.js";
import { runOnRanks } from "./run-on-ranks.js";

/**
 * @typedef {import("@ssl-vit/sitting/results-file.js").Measurement} Measurement
 * @typedef {import("./differences.js").Tensors} Tensors
 * @typedef {{ weights: Tensors, buffers: Tensors }} State
 * @typedef {{ losses: number[], initial: State, final: State }} Training
 */

const script = fileURLToPath(new URL("methods-steps.js", import.meta.url));

/**
 * What is checked, in the middle of the seeds: of the loss at every step, and after the last one of all weights together, but those that are rounding alone.
 * A defect shows with every seed. With a rare one a number lies so near the bend of a ReLU that rounding alone puts it on the other side.
 */
const LIMIT = 1e-4;

/**
 * Recipes with something changed, beside the method's own: KoLeo seeks neighbours within one process, as its authors do, so DINOv2's own loss is another one;
 * and SwAV's prototypes would stay as they are for as long as the comparison takes, and its small batch needs fewer of them. Its queue is tried, too.
 *
 * @type {Record<string, Record<string, unknown>[]>}
 */
const variants = { dinov2: [{}, { koleoWeight: 0 }], swav: [{ prototypes: 32, freezePrototypesSteps: 2 }, { prototypes: 32, freezePrototypesSteps: 2, queueLength: 32, queueStartEpoch: 1 }] };
/** @param {Measurement} measurement */
const isAnotherLoss = ({ method, changed }) => method === "dinov2" && changed === "";

/**
 * Of a tensor that a last bit turns by so much of what was trained, what was trained is rounding: it has no gradient, and AdamW makes a step of it all the same.
 */
const ROUNDING = 0.1;

/**
 * @param {Training} whole
 * @param {Training} other
 */
function compare(whole, other) {
  return {
    loss: largestRelative(whole.losses, other.losses),
    weights: tensorDifferences(whole.initial.weights, whole.final.weights, other.final.weights),
    buffers: tensorDifferences(whole.initial.buffers, whole.final.buffers, other.final.buffers),
  };
}

/**
 * Weights whose training is rounding alone.
 *
 * @param {Training} whole @param {Training} rounded
 */
const roundingAlone = ({ initial, final }, rounded) =>
  Object.entries(final.weights).flatMap(([name, values]) => {
    const start = { [name]: initial.weights[name] ?? [] };
    return tensorDifferences(start, { [name]: values }, { [name]: rounded.final.weights[name] ?? [] }).ofUpdate > ROUNDING ? [name] : [];
  });

/** @param {Tensors} tensors @param {readonly string[]} names */
const without = (tensors, names) => Object.fromEntries(Object.entries(tensors).filter(([name]) => !names.includes(name)));

/**
 * What two ranks come to beside one process, and beside them what the rounding of the initial weights comes to.
 *
 * @param {Training} whole @param {Training} ranks @param {Training} rounded
 */
export function compareTrainings(whole, ranks, rounded) {
  const differences = compare(whole, ranks);
  const alone = roundingAlone(whole, rounded);
  const [initial, final, received] = [whole.initial.weights, whole.final.weights, ranks.final.weights].map((tensors) => without(tensors, alone));
  return {
    ...differences,
    others: tensorDifferences(/** @type {Tensors} */ (initial), /** @type {Tensors} */ (final), /** @type {Tensors} */ (received)),
    alone,
    tensors: Object.keys(whole.final.weights).length,
    rounding: compare(whole, rounded),
  };
}

const short = (/** @type {number | null} */ value) => (value === null || value === Infinity ? "∞" : value === 0 ? "0" : value.toExponential(1));
const titleOf = (/** @type {Measurement} */ { method, changed }) => (changed === "" ? method : `${method}, ${changed}`);
/** JSON knows no infinity. */
const number = (/** @type {number | null} */ value) => value ?? Infinity;

/** @typedef {import("./differences.js").TensorDifferences} TensorDifferences */

/** The measurements of each method, seed by seed. @param {readonly Measurement[]} measurements */
const byMethod = (measurements) => [...new Set(measurements.map(titleOf))].map((title) => ({ title, seeds: measurements.filter((one) => titleOf(one) === title) }));

/** Of the seeds: the middle of a number, or the largest. @param {Measurement[]} seeds @param {(measurement: Measurement) => number | null} pick */
const middle = (seeds, pick) => median(seeds.map((one) => number(pick(one))));
/** @param {Measurement[]} seeds @param {(measurement: Measurement) => number | null} pick */
const largest = (seeds, pick) => Math.max(...seeds.map((one) => number(pick(one))));

/** The tensor that is farthest, of all seeds. @param {TensorDifferences[]} differences */
function worstOf(differences) {
  const [worst] = differences.map((one) => one.worst).toSorted((one, other) => number(other.relative) - number(one.relative));
  return worst === undefined || worst.relative === 0 ? "–" : `${short(worst.relative)} ${worst.name}`;
}

/** @param {readonly Measurement[]} measurements */
export function methodsTable(measurements) {
  const columns = [
    "method", "loss (of a last bit; largest of the seeds)", "all weights (of a last bit)", "of what was trained (of a last bit)", "worst weight", "weights that are rounding alone", "weights but those (largest of the seeds)",
    "of what was trained (largest)", "worst of them", "all buffers (of a last bit)", "worst buffer",
  ];
  const rows = byMethod(measurements).map(({ title, seeds }) => {
    /** @param {(measurement: Measurement) => number | null} pick @param {(measurement: Measurement) => number | null} beside */
    const both = (pick, beside) => `${short(middle(seeds, pick))} (${short(middle(seeds, beside))})`;
    /** @param {(measurement: Measurement) => number | null} pick */
    const spread = (pick) => `${short(middle(seeds, pick))} (${short(largest(seeds, pick))})`;
    return [
      title,
      `${short(middle(seeds, ({ loss }) => loss))} (${short(middle(seeds, ({ rounding }) => rounding.loss))}; ${short(largest(seeds, ({ loss }) => loss))})`,
      both(({ weights }) => weights.relative, ({ rounding }) => rounding.weights.relative),
      both(({ weights }) => weights.ofUpdate, ({ rounding }) => rounding.weights.ofUpdate),
      worstOf(seeds.map(({ weights }) => weights)),
      `${[...new Set(seeds.map(({ alone }) => alone.length))].toSorted((one, other) => one - other).join(", ")} of ${seeds[0]?.tensors ?? 0}`,
      spread(({ others }) => others.relative),
      spread(({ others }) => others.ofUpdate),
      worstOf(seeds.map(({ others }) => others)),
      both(({ buffers }) => buffers.relative, ({ rounding }) => rounding.buffers.relative),
      worstOf(seeds.map(({ buffers }) => buffers)),
    ];
  });
  return markdownTable(columns, rows);
}

/** @param {readonly Measurement[]} measurements */
export function methodsProblem(measurements) {
  const wrong = byMethod(measurements.filter((measurement) => !isAnotherLoss(measurement))).filter(
    ({ seeds }) => !(middle(seeds, ({ loss }) => loss) <= LIMIT && middle(seeds, ({ others }) => others.relative) <= LIMIT),
  );
  return wrong.length === 0 ? undefined : `expected losses, and weights that are more than rounding, within ${LIMIT} of one process's, received more for ${wrong.map(({ title }) => title).join("; ")}`;
}

/**
 * @param {{ mpi: import("./find-mpi.js").MpiName | undefined, methods: string[] | undefined, ranks: number, batch: number, steps: number, seeds: number }} options
 * @param {(text: string) => void} say
 * @returns {import("@ssl-vit/sitting/run-sitting.js").Plan}
 */
export function methodsPlan({ mpi, methods, ranks, batch, steps, seeds }, say) {
  const [installed] = installedMpis(mpi);
  const folder = mkdtempSync(join(tmpdir(), "ssl-vit-methods-"));
  const batchSize = ranks * batch;
  // Two steps an epoch: warm-ups end and frozen layers are freed while it is compared.
  const common = { batchSize, steps, images: 2 * batchSize + 1 };
  const environment = { SSL_VIT_THREADS: "1" };

  /** @param {Record<string, unknown>} spec @param {AbortSignal} signal @returns {Promise<Training>} */
  async function trained(spec, signal) {
    const file = join(folder, "training.bin");
    const parameters = [script, JSON.stringify({ ...common, rounded: false, ranks: false, ...spec, file })];
    if (spec["ranks"] === true) await runOnRanks(installed, ranks, [process.execPath, ...parameters], { environment, signal });
    else await runForJson(process.execPath, parameters, { benchmark: "distributed", environment, signal });
    return deserialize(readFileSync(file));
  }

  return {
    name: `methods-${installed.name}`,
    options: { mpi: installed.version, ranks, batch, steps, seeds },
    prepare: async (signal) => {
      const found = await installedMethods(methods, runSslVit, signal, say);
      return found.flatMap(({ name, packageName }) =>
        (variants[name] ?? [{}]).flatMap((changes) =>
          Array.from({ length: seeds }, (_, seed) => ({
            key: { method: name, changed: Object.entries(changes).map(([option, value]) => `${option} ${String(value)}`).join(", "), seed },
            measure: async (/** @type {AbortSignal} */ signal) => {
              const spec = { packageName, changes, seed };
              return compareTrainings(await trained(spec, signal), await trained({ ...spec, ranks: true }, signal), await trained({ ...spec, rounded: true }, signal));
            },
          })),
        ),
      );
    },
    table: methodsTable,
    line: (measurement) => `${titleOf(measurement)}, seed ${measurement.seed}: loss ${short(measurement.loss)}, weights ${short(measurement.weights.relative)}, without ${measurement.alone.length} that are rounding alone ${short(measurement.others.relative)}, buffers ${short(measurement.buffers.relative)}`,
    problem: methodsProblem,
    close: () => {
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
