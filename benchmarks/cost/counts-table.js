import { markdownTable } from "@ssl-vit/sitting/markdown-table.js";
import { drawnSizes, otherProducts } from "./reasons.js";

/**
 * @typedef {import("@ssl-vit/sitting/run-sitting.js").Measurement} Measurement
 * @typedef {{ method: string, model: string, ours: Record<string, number>, theirs: Record<string, number> }} Pair
 */

/** PyTorch's numbers are to be met within this share. */
const TOLERATED = 0.02;

/** Both sides of each method and model. @param {readonly Measurement[]} measurements @returns {Pair[]} */
function pairsOf(measurements) {
  const of = (/** @type {string} */ side) => measurements.filter((measurement) => measurement.side === side);
  return of("ours").flatMap(({ method, counts }) => {
    const peer = of("pytorch").find((one) => one.method === method);
    return Object.entries(/** @type {Record<string, any>} */ (counts)).flatMap(([model, ours]) => (peer?.counts[model] === undefined ? [] : [{ method, model, ours, theirs: peer.counts[model] }]));
  });
}

/** @typedef {{ what: string, ours: (pair: Pair) => number, theirs: (pair: Pair) => number }} Compared */

/** @type {readonly Compared[]} */
const compared = [
  { what: "parameters of the encoder", ours: ({ ours }) => ours.parameters_encoder, theirs: ({ theirs }) => theirs.encoder },
  { what: "parameters trained", ours: ({ ours }) => ours.parameters_trained, theirs: ({ theirs }) => theirs.trained },
  { what: "operations of the encoder", ours: ({ ours }) => ours.flops_encode, theirs: ({ theirs }) => theirs.encode },
  { what: "operations of a step", ours: ({ ours }) => ours.flops_step, theirs: ({ theirs }) => theirs.step },
];

const [, trained, , step] = /** @type {[Compared, Compared, Compared, Compared]} */ (compared);

/** The same loss as the authors' code computes it, where that takes other products: no limit holds for it. @type {Compared} */
const published = { what: "operations of a step, as published", ours: ({ ours }) => ours.flops_step, theirs: ({ theirs }) => theirs.published };

/** What is less than this share is not seen in the tables. */
const SEEN = 0.00005;

/** In place of the farthest, where none is seen to be apart. */
const ALIKE = "all alike";

const apart = (/** @type {Compared} */ { ours, theirs }, /** @type {Pair} */ pair) => ours(pair) / theirs(pair) - 1;

const percent = (/** @type {number} */ share) => `${(100 * share).toFixed(2).replace(/^-(0\.00)$/, "$1")} %`;
const millions = (/** @type {number} */ count) => (count / 1e6).toFixed(2);
const giga = (/** @type {number} */ count) => (count / 1e9).toFixed(2);

/** Whether it was counted: not where every step is another one. @param {Pair} pair */
const isPublished = ({ theirs }) => typeof theirs.published === "number";

/** The farthest pair. @param {Compared} one @param {readonly Pair[]} pairs */
const farthest = (one, pairs) => pairs.reduce((far, pair) => (Math.abs(apart(one, pair)) > Math.abs(apart(one, far)) ? pair : far));

/**
 * Every method and model: ours, PyTorch's, how far apart; then the farthest.
 *
 * @param {readonly Measurement[]} measurements
 */
export function countsTable(measurements) {
  const pairs = pairsOf(measurements);
  const rows = pairs.map((pair) => [
    ...[pair.method, pair.model],
    ...[millions(trained.ours(pair)), millions(trained.theirs(pair)), percent(apart(trained, pair))],
    ...[giga(step.ours(pair)), giga(step.theirs(pair)), percent(apart(step, pair))],
    ...(isPublished(pair) ? [giga(published.theirs(pair)), percent(apart(published, pair))] : ["–", "–"]),
    giga(pair.ours.flops_carried_out),
  ]);
  const columns = ["method", "ViT", "trained, M parameters: ours", "PyTorch", "apart", "step, GFLOP/image: ours", "PyTorch", "apart", "as published, GFLOP/image: PyTorch", "apart", "carried out, GFLOP/image"];
  return pairs.length === 0 ? markdownTable(columns, rows) : [markdownTable(columns, rows), farthestTable(pairs)].join("\n");
}

/** @param {readonly Pair[]} pairs */
function farthestTable(pairs) {
  const counted = pairs.filter(isPublished);
  const rows = [...compared, ...(counted.length === 0 ? [] : [published])].map((one) => {
    const pair = farthest(one, one === published ? counted : pairs);
    return Math.abs(apart(one, pair)) < SEEN ? [one.what, ALIKE, "", "", percent(0)] : [one.what, `${pair.method}, ${pair.model}`, one.ours(pair), one.theirs(pair), percent(apart(one, pair))];
  });
  return markdownTable(["farthest from PyTorch", "of", "ours", "PyTorch", "apart"], rows);
}

/**
 * The farthest of each kind, with its limit; none before both sides of a method are there.
 *
 * @param {readonly Measurement[]} measurements
 */
export function countsSummary(measurements) {
  const pairs = pairsOf(measurements);
  const counted = pairs.filter(isPublished);
  const kinds = [...compared.map((one) => ({ one, of: pairs, limit: `${100 * TOLERATED} %` })), { one: published, of: counted, limit: "none" }];
  return kinds.filter(({ of }) => of.length > 0).map(({ one, of, limit }) => {
    const pair = farthest(one, of);
    return [one.what, Math.abs(apart(one, pair)) < SEEN ? ALIKE : `${pair.method}, ${pair.model}`, percent(apart(one, pair)), limit];
  });
}

/** The standard deviation between two means of as many draws, each with its own chance. @param {number} draws @param {number} deviation of one */
const chanceOf = (draws, deviation) => deviation * Math.sqrt(2 / draws);

/**
 * A sentence for each method that is not PyTorch's everywhere: how far, and why.
 *
 * @param {readonly Measurement[]} measurements
 */
export function countsNotes(measurements) {
  const pairs = pairsOf(measurements);
  return [...new Set(pairs.map(({ method }) => method))].flatMap((method) => {
    const own = pairs.filter((pair) => pair.method === method);
    const beyond = own.filter((pair) => isPublished(pair) && Math.abs(apart(published, pair)) > TOLERATED).map((pair) => `ViT-${pair.model} ${percent(apart(published, pair))}`);
    const differs = own.some((pair) => isPublished(pair) && Math.abs(apart(published, pair)) >= SEEN);
    const as = differs && otherProducts[method] !== undefined ? [`- **${method}, as published**: ${otherProducts[method]}. ${beyond.length === 0 ? `Nowhere more than ${100 * TOLERATED} %.` : `More than ${100 * TOLERATED} % apart: ${beyond.join(", ")}.`}`] : [];
    const far = farthest(step, own);
    const { draws, deviation } = far.theirs;
    const chance = draws === undefined ? "" : ` From step to step the standard deviation is ${percent(deviation)}, between two means of ${draws} steps ${percent(chanceOf(draws, deviation))}: that far apart is ${Math.abs(apart(step, far) / chanceOf(draws, deviation)).toFixed(1)} times what chance makes of them.`;
    const drawn = drawnSizes[method] === undefined ? [] : [`- **${method}**: ${drawnSizes[method]}, by each side on its own, and the mean of many steps counts: the farthest, ViT-${far.model}, is ${percent(apart(step, far))} apart, and all sizes have the same draws.${chance}`];
    return [...as, ...drawn];
  });
}

/**
 * A step of every method and model, without what is alike on both sides.
 *
 * @param {readonly Measurement[]} measurements
 */
export function stepsTable(measurements) {
  const rows = pairsOf(measurements).map((pair) => [pair.method, pair.model, millions(trained.ours(pair)), giga(step.ours(pair)), giga(step.theirs(pair)), percent(apart(step, pair)), giga(pair.ours.flops_carried_out)]);
  return markdownTable(["method", "ViT", "trained, M parameters", "step, GFLOP/image: ours", "PyTorch", "apart", "carried out, GFLOP/image"], rows);
}

/**
 * Methods that the authors' code computes by other products.
 *
 * @param {readonly Measurement[]} measurements
 */
export function publishedTable(measurements) {
  const rows = pairsOf(measurements).filter((pair) => isPublished(pair) && otherProducts[pair.method] !== undefined).map((pair) => [pair.method, pair.model, giga(step.ours(pair)), giga(published.theirs(pair)), percent(apart(published, pair))]);
  return rows.length === 0 ? "" : markdownTable(["method", "ViT", "step, GFLOP/image: ours", "as published: PyTorch", "apart"], rows);
}

/**
 * The encoder alone, forward: any method's that has [CLS] and learned positions.
 *
 * @param {readonly Measurement[]} measurements
 */
export function encoderTable(measurements) {
  const rows = pairsOf(measurements)
    .filter(({ method }) => method === "simclr")
    .map(({ model, ours, theirs }) => [model, millions(ours.parameters_encoder), millions(theirs.encoder), giga(ours.flops_encode), giga(theirs.encode)]);
  return markdownTable(["ViT", "encoder, M parameters: ours", "timm", "forward, GFLOP/image: ours", "PyTorch"], rows);
}

/**
 * What must not be: numbers more than 2 % from PyTorch's.
 *
 * @param {readonly Measurement[]} measurements
 */
export function countsProblem(measurements) {
  const problems = pairsOf(measurements).flatMap((pair) =>
    compared
      .filter((one) => Math.abs(apart(one, pair)) > TOLERATED)
      .map((one) => `${pair.method}, ${pair.model}: ${one.what}: expected PyTorch's ${one.theirs(pair)} within ${100 * TOLERATED} %, received ${one.ours(pair)}.`),
  );
  return problems.length === 0 ? undefined : problems.join("\n");
}
