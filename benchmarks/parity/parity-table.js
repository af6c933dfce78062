import { meanInterval, protocolDifferences } from "@ssl-vit/eval";
import { markdownTable } from "@ssl-vit/sitting/markdown-table.js";

/**
 * @typedef {import("@ssl-vit/sitting/results-file.js").Measurement} Measurement
 * @typedef {import("@ssl-vit/quality/evaluate.js").ScoresByLayer} ScoresByLayer
 * @typedef {"knn" | "linear"} Classifier
 * @typedef {{ mean: number, half: number | undefined }} Estimate a mean with half of its 95 % interval, which one value does not have
 * @typedef {object} Comparison of one score of one method, or of the mean over methods
 * @property {string} method
 * @property {string} score
 * @property {string} layer that is judged, of both sides
 * @property {number} digits
 * @property {readonly number[]} untrained
 * @property {readonly number[]} ours
 * @property {readonly number[]} torch
 * @property {ReadonlyMap<number, number>} differences ours − theirs, by seed
 */

const titles = { knn: "k-NN, %", linear: "linear, %" };
/** The row of what is pooled over methods. */
const POOLED = "mean of all";
const layerTitles = { cls: "[CLS]", mean: "mean" };

/** @param {number} count @param {string} word */
const counted = (count, word) => `${count} ${word}${count === 1 ? "" : "s"}`;

/** @param {readonly number[]} values */
export const meanOf = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** @param {readonly number[]} values @returns {Estimate} */
function estimate(values) {
  const { mean, high } = meanInterval(values);
  return { mean, half: high === undefined ? undefined : high - mean };
}

/** @param {Estimate} estimate @param {number} digits */
const shown = ({ mean, half }, digits) => `${mean.toFixed(digits)}${half === undefined ? "" : ` ± ${half.toFixed(digits)}`}`;

/** @param {Comparison} comparison @returns {Estimate | undefined} undefined while no seed has both sides */
const differenceOf = ({ differences }) => (differences.size === 0 ? undefined : estimate([...differences.values()]));

/** Whether the interval of a difference covers 0; undefined without an interval. @param {Estimate | undefined} difference */
const coversZero = (difference) => (difference?.half === undefined ? undefined : Math.abs(difference.mean) <= difference.half);

/** @param {readonly Measurement[]} measurements @param {string} method @param {string} side */
const rowsOf = (measurements, method, side) => measurements.filter((row) => row.method === method && row.side === side).sort((a, b) => a.seed - b.seed);

/** @param {Measurement} ours @param {Measurement} torch */
function assertAlike({ method, seed, scores, trained_parameters: parameters }, torch) {
  for (const [layer, score] of Object.entries(/** @type {ScoresByLayer} */ (scores))) {
    for (const classifier of /** @type {const} */ (["knn", "linear"])) {
      const differences = protocolDifferences(score[classifier].protocol, torch.scores[layer][classifier].protocol);
      if (differences.length > 0) throw new Error(`[parity] ${method}, seed ${seed}: expected one protocol for both sides, received another ${differences.join(", ")}.`);
    }
  }
  if (parameters !== torch.trained_parameters) throw new Error(`[parity] ${method}, seed ${seed}: expected as many trained numbers on both sides, received ${parameters} here and ${torch.trained_parameters} in PyTorch.`);
}

/** Seeds that both sides have, each with its pair of rows. @param {readonly Measurement[]} ours @param {readonly Measurement[]} torch */
const pairsOf = (ours, torch) =>
  ours.flatMap((row) => {
    const other = torch.find(({ seed }) => seed === row.seed);
    if (other === undefined) return [];
    assertAlike(row, other);
    return [/** @type {const} */ ([row, other])];
  });

/** @param {readonly (readonly [Measurement, Measurement])[]} pairs @param {(row: Measurement) => number} valueOf */
const differencesOf = (pairs, valueOf) => new Map(pairs.map(([one, other]) => [/** @type {number} */ (one.seed), valueOf(one) - valueOf(other)]));

/**
 * What of the two sides is compared: k-NN and linear accuracy, each of the layer that is best in the mean over all runs of both sides, and the mean loss of the last tenth of the steps.
 *
 * @param {readonly Measurement[]} measurements @param {string} method @returns {Comparison[]}
 */
function comparisonsOf(measurements, method) {
  const [ours, torch, untrained] = ["ours", "torch", "untrained"].map((side) => rowsOf(measurements, method, side));
  const trained = [...ours, ...torch];
  const pairs = pairsOf(ours, torch);
  if (trained.length === 0) return [];
  const accuracies = /** @type {const} */ (["knn", "linear"]).map((classifier) => {
    const accuracyOf = (/** @type {string} */ layer) => (/** @type {Measurement} */ row) => 100 * row.scores[layer][classifier].top1;
    const [best] = Object.keys(trained[0].scores).sort((a, b) => meanOf(trained.map(accuracyOf(b))) - meanOf(trained.map(accuracyOf(a))));
    const valueOf = accuracyOf(best);
    return { method, score: titles[classifier], layer: layerTitles[/** @type {keyof typeof layerTitles} */ (best)], digits: 1, untrained: untrained.map(valueOf), ours: ours.map(valueOf), torch: torch.map(valueOf), differences: differencesOf(pairs, valueOf) };
  });
  const lossOf = (/** @type {Measurement} */ row) => /** @type {number} */ (row.losses.at(-1));
  return [...accuracies, { method, score: "loss", layer: "–", digits: 4, untrained: [], ours: ours.map(lossOf), torch: torch.map(lossOf), differences: differencesOf(pairs, lossOf) }];
}

/** Largest differences in the first steps, when nothing is left to chance: rounding is less. */
const ROUNDING = { loss: 1e-3, gradient: 5e-2 };

/** @param {Measurement} replay */
function replayCells({ method, seed, steps, first_steps: first, first_loss: firstLoss, first_gradient: firstGradient, loss }) {
  return [method, seed, `${firstLoss.toExponential(1)} (${first})`, `${firstGradient.toExponential(1)} (${first})`, `${loss.toExponential(1)} (${steps})`];
}

/** @param {readonly Measurement[]} measurements */
const replaysOf = (measurements) => measurements.filter(({ side }) => side === "replay");

/** @param {readonly Measurement[]} measurements */
const methodsOf = (measurements) => [...new Set(measurements.map(({ method }) => /** @type {string} */ (method)))];

/**
 * Every comparison, and of each accuracy the mean over all methods. Methods share their start and the images of a seed, so that a seed counts as one value.
 *
 * @param {readonly Measurement[]} measurements @returns {Comparison[]}
 */
export function comparisons(measurements) {
  const methods = methodsOf(measurements);
  const each = methods.flatMap((method) => comparisonsOf(measurements, method));
  if (methods.length < 2) return each;
  const whole = [...new Set(measurements.map(({ seed }) => seed))].filter((seed) => each.every(({ differences }) => differences.has(seed)));
  const pooled = Object.values(titles).map((score) => {
    const rows = each.filter((row) => row.score === score);
    return { method: POOLED, score, layer: "–", digits: 1, untrained: [], ours: [], torch: [], differences: new Map(whole.map((seed) => [seed, meanOf(rows.map(({ differences }) => /** @type {number} */ (differences.get(seed))))])) };
  });
  return [...each, ...pooled];
}

/** How a mean of all is made that has fewer seeds than a method's own row, from which it does not follow then. @param {readonly Measurement[]} measurements */
function pooledNote(measurements) {
  const all = comparisons(measurements);
  const pooled = all.find(({ method }) => method === POOLED);
  const own = all.filter(({ method }) => method !== POOLED).map(({ differences }) => differences.size);
  if (pooled === undefined || pooled.differences.size === 0 || own.every((seeds) => seeds === pooled.differences.size)) return "";
  return `\n"${POOLED}" has the seeds that every method has, ${[...pooled.differences.keys()].join(", ")}, each one value, the mean of its methods; rows of methods have all of their own seeds, so that it is not the mean of these rows.\n`;
}

/** @param {Comparison} comparison */
function cellsOf(comparison) {
  const { method, score, layer, digits, untrained, ours, torch, differences } = comparison;
  const difference = differenceOf(comparison);
  const side = (/** @type {readonly number[]} */ values) => (values.length === 0 ? "–" : shown(estimate(values), digits));
  const covers = coversZero(difference);
  const sign = difference !== undefined && difference.mean >= 0 ? "+" : "";
  return [method, score, layer, differences.size === 0 ? "–" : String(differences.size), side(untrained), side(ours), side(torch), difference === undefined ? "–" : `${sign}${shown(difference, digits)}`, covers === undefined ? "–" : covers ? "yes" : "**no**"];
}

/** How far values are from one another: their standard deviation. @param {readonly number[]} values */
const spreadOf = (values) => Math.sqrt(values.reduce((sum, value) => sum + (value - meanOf(values)) ** 2, 0) / (values.length - 1));

/**
 * Why a method has more seeds than others, as far as the numbers say it: what did not cover 0 over the seeds that all methods have, and what became of that over all of its own. Nothing where all have as many.
 *
 * @param {readonly Measurement[]} measurements
 */
export function moreSeeds(measurements) {
  const methods = methodsOf(measurements);
  const rowsBy = new Map(methods.map((method) => [method, comparisonsOf(measurements, method)]));
  const seedsBy = new Map([...rowsBy].map(([method, rows]) => [method, [...(rows[0]?.differences.keys() ?? [])]]));
  const common = (seedsBy.get(methods[0]) ?? []).filter((seed) => [...seedsBy.values()].every((seeds) => seeds.includes(seed)));
  const sentences = methods.flatMap((method) => {
    const seeds = /** @type {number[]} */ (seedsBy.get(method));
    if (common.length < 2 || seeds.length === common.length) return [];
    const found = /** @type {Comparison[]} */ (rowsBy.get(method)).flatMap((all) => {
      const [before, now] = [[...all.differences].filter(([seed]) => common.includes(seed)).map(([, value]) => value), [...all.differences.values()]].map(estimate);
      const words = (/** @type {Estimate} */ difference) => `${shown(difference, all.digits)}, which ${coversZero(difference) ? "covers 0" : "does not cover 0"}`;
      const spreads = [all.ours, all.torch].map((values) => spreadOf(values).toFixed(all.digits));
      return coversZero(before) ? [] : [`the difference of ${all.score.replace(", %", "")} is ${words(before)}; over all ${seeds.length} it is ${words(now)}. From seed to seed that ${all.score.replace(", %", "")} itself spreads by ${spreads[0]} here and ${spreads[1]} in PyTorch (standard deviations)`];
    });
    return [`${method} has ${seeds.length} seeds, not ${common.length}${found.length === 0 ? "" : `: over the ${common.length} that every method has ${found.join("; ")}`}.`];
  });
  return sentences.join(" ");
}

/** @param {readonly Measurement[]} measurements @param {string} method */
function costCells(measurements, method) {
  const [ours, torch] = ["ours", "torch"].map((side) => rowsOf(measurements, method, side));
  const cells = ["seconds", "cpu_seconds"].flatMap((name) => {
    // A training that was stopped and went on has no time.
    const [here, there] = [ours, torch].map((rows) => rows.flatMap((row) => row[name] ?? [])).map((values) => (values.length === 0 ? undefined : meanOf(values)));
    return [here?.toFixed(0) ?? "–", there?.toFixed(0) ?? "–", here === undefined || there === undefined ? "–" : (there / here).toFixed(2)];
  });
  const [{ steps = "–", batch = "–" } = {}] = ours;
  return [method, steps, batch, ...cells];
}

/** Versions of the other side: as installed, where rows say it; else as asked for. @param {readonly string[]} requirements @param {readonly Measurement[]} measurements */
function peerVersions(requirements, measurements) {
  return requirements.map((line) => {
    const name = line.split("==", 1)[0];
    const installed = [...new Set(measurements.flatMap(({ versions }) => versions?.python?.[name] ?? []))];
    return installed.length === 0 ? line : `${name}==${installed.join(" and ")}`;
  });
}

/**
 * The results: what was compared, with intervals, and what it cost.
 *
 * @param {{ data: string, imagesSeen: number, trainImages: number, testImages: number, threads: number, cpu?: string | undefined, cores: number, node: string, requirements: readonly string[] }} conditions
 * @returns {(measurements: readonly Measurement[]) => string}
 */
export const parityTable = ({ data, imagesSeen, trainImages, testImages, threads, cpu, cores, node, requirements }) => (measurements) => {
  const commits = [...new Set(measurements.map(({ commit }) => commit))].join(", ");
  const caption = `${data}; ${imagesSeen} images seen in float32, preset small. Accuracies in % of ${testImages} test images, from ${trainImages} labelled ones; loss: mean of the last tenth of the steps. ±: half of a 95 % interval (Student's t over the seeds; differences are ours − PyTorch's, seed by seed).`;
  const scores = markdownTable(["method", "score", "layer", "seeds", "untrained", "ours", "PyTorch", "difference", "covers 0"], comparisons(measurements).map(cellsOf));
  const costs = markdownTable(["method", "steps", "images a step", "s, ours", "s, PyTorch", "PyTorch ÷ ours", "CPU s, ours", "CPU s, PyTorch", "PyTorch ÷ ours"], methodsOf(measurements).map((method) => costCells(measurements, method)));
  const replays = replaysOf(measurements).map(replayCells);
  const replayed = replays.length === 0 ? "" : `\nOur steps taken again in PyTorch, from our start weights, on our views and masks; largest differences as shares of our values, in so many first steps:\n\n${markdownTable(["method", "seed", "loss, first steps", "gradient norm, first steps", "loss, to the last step"], replays)}`;
  return `${caption}\n\n${scores}${pooledNote(measurements)}${replayed}\n${costs}\nAbove 1 ours took less. This is no comparison of engines: the runs have their starts, views and bookkeeping in them, each side its own, on ${counted(threads, "thread")}; [speed](../speed/README.md) compares the engines.\n\nMeasured on ${counted(cores, "core")} of ${cpu ?? "an unknown processor"} with ${counted(threads, "thread")}, Node ${node}, ${peerVersions(requirements, measurements).join(", ")}, code ${commits}.\n`;
};

/** The differences alone, a row a method. @param {readonly Measurement[]} measurements */
export function shortParityTable(measurements) {
  const all = comparisons(measurements);
  const cell = (/** @type {Comparison | undefined} */ comparison) => {
    const difference = comparison === undefined ? undefined : differenceOf(comparison);
    return difference === undefined || comparison === undefined ? "–" : `${difference.mean < 0 ? "" : "+"}${shown(difference, comparison.digits)}`;
  };
  const scores = [...Object.values(titles), "loss"];
  const rows = [...new Set(all.map(({ method }) => method))].map((method) => [method, ...scores.map((score) => cell(all.find((one) => one.method === method && one.score === score)))]);
  return markdownTable(["method", "k-NN, points", "linear, points", "loss"], rows);
}

/** Which intervals do not cover 0, and which steps are not the same. @param {readonly Measurement[]} measurements */
export function parityProblem(measurements) {
  const wrong = comparisons(measurements).flatMap((comparison) => {
    const difference = differenceOf(comparison);
    return difference !== undefined && coversZero(difference) === false ? [`${comparison.method}, ${comparison.score} ${shown(difference, comparison.digits)}`] : [];
  });
  const apart = replaysOf(measurements).filter(({ first_loss: loss, first_gradient: gradient }) => !(loss <= ROUNDING.loss && gradient <= ROUNDING.gradient)).map(({ method, first_loss: loss, first_gradient: gradient }) => `${method} ${loss.toExponential(1)} and ${gradient.toExponential(1)}`);
  const problems = [
    ...(wrong.length === 0 ? [] : [`differences: expected 95 % intervals that cover 0, received ${wrong.join("; ")}. More seeds tell chance from a cause: --resume --seeds 0,1,2,3,4.`]),
    ...(apart.length === 0 ? [] : [`replays: expected losses within ${ROUNDING.loss} of ours and norms of gradients within ${ROUNDING.gradient} in the first steps, received ${apart.join("; ")}.`]),
  ];
  return problems.length === 0 ? undefined : problems.join(" ");
}
