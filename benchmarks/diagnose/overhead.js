// overhead: what a monitor takes of a training's time, in turn with the same training without one.
import { fileURLToPath } from "node:url";
import { markdownTable } from "@ssl-vit/sitting/markdown-table.js";
import { runForJson } from "@ssl-vit/sitting/run-for-json.js";

/** @typedef {import("@ssl-vit/sitting/results-file.js").Measurement} Measurement */

const script = fileURLToPath(new URL("overhead-steps.js", import.meta.url));

/** What trains: a method's preset `small`, on its own encoder or a larger one. */
export const overheadTrainings = [
  { method: "dino", size: "pico", batch: 64 },
  { method: "simclr", size: "pico", batch: 128 },
  { method: "mae", size: "pico", batch: 128 },
  { method: "dino", size: "tiny", batch: 64 },
];

/** Steps between looks: none; those of a run of 4,000 steps and more; those of one of 400; every step, for the cost of one. */
export const EVERY = { none: 0, long: 100, short: 10, each: 1 };
/** Timed steps of a turn, of the number that is asked for: every tenth or every one with a look needs fewer. */
const stepsOf = (/** @type {keyof typeof EVERY} */ kind, /** @type {number} */ steps) => ({ none: steps, long: steps, short: Math.ceil(steps / 2), each: 20 })[kind];

/** The middle one. @param {readonly number[]} values */
const middle = (values) => values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN;
const percent = (/** @type {number} */ share) => `${(share * 100).toFixed(2)} %`;

/**
 * Of one training's turns: the time of its step, what a monitor adds in long and in short runs, what one look takes.
 *
 * @param {readonly Measurement[]} turns
 */
export function overheadOf(turns) {
  const of = (/** @type {keyof typeof EVERY} */ kind) => turns.filter((turn) => turn.kind === kind).toSorted((a, b) => a.round - b.round);
  const none = of("none");
  const stepMs = middle(none.map((turn) => turn.stepMs));
  const lookMs = middle(of("each").map((turn) => (turn.stepMs - stepMs) * turn.steps / turn.looks));
  const added = (/** @type {"long" | "short"} */ kind) => ({
    ratios: of(kind).map((turn) => turn.stepMs / /** @type {Measurement} */ (none.find(({ round }) => round === turn.round) ?? { stepMs: NaN }).stepMs),
    /** By the cost of one look. */
    expected: lookMs / stepMs / EVERY[kind],
  });
  return { stepMs, lookMs, lookShare: lookMs / stepMs, long: added("long"), short: added("short") };
}

/** @param {readonly Measurement[]} measurements */
export function overheadTable(measurements) {
  const rows = overheadTrainings.flatMap(({ method, size, batch }) => {
    const turns = measurements.filter((turn) => turn.method === method && turn.size === size && turn.batch === batch);
    if (turns.length === 0) return [];
    const { stepMs, lookMs, lookShare, long, short } = overheadOf(turns);
    const cells = (/** @type {typeof long} */ { ratios, expected }) => [`${percent(middle(ratios) - 1)} (${ratios.map((ratio) => percent(ratio - 1)).join(", ")})`, percent(expected)];
    return [[`${method}, ViT-${size}, ${batch} images`, stepMs.toFixed(1), lookMs.toFixed(1), lookShare.toFixed(2), ...cells(long), ...cells(short)]];
  });
  const columns = (/** @type {"long" | "short"} */ kind) => [`a look each ${EVERY[kind]} steps adds, median (by round)`, `look ÷ step ÷ ${EVERY[kind]}`];
  return markdownTable(["training", "ms a step without a monitor", "ms a look", "look ÷ step", ...columns("long"), ...columns("short")], rows);
}

/**
 * @param {{ rounds: number, steps: number }} options
 * @returns {import("@ssl-vit/sitting/run-sitting.js").Plan}
 */
export function overheadPlan({ rounds, steps }) {
  const turns = overheadTrainings.flatMap(({ method, size, batch }) => Array.from({ length: rounds }, (_, round) => {
    const kinds = /** @type {const} */ (["none", "long", "short", "each"]);
    // The order changes from round to round, so that none is always the one after.
    const order = round % 2 === 0 ? kinds : kinds.toReversed();
    return order.map((kind) => ({ method, size, batch, round, kind }));
  }).flat());
  return {
    name: "overhead",
    options: { rounds, steps },
    prepare: () => Promise.resolve(turns.map((key) => ({
      key,
      measure: (signal) => runForJson(process.execPath, [script, key.method, key.size, String(key.batch), String(stepsOf(key.kind, steps)), String(EVERY[key.kind])], { benchmark: "diagnose", signal }),
    }))),
    table: overheadTable,
    line: ({ method, size, kind, round, stepMs }) => `${method}, ViT-${size}, ${kind}, round ${round}: ${stepMs.toFixed(1)} ms a step`,
  };
}
