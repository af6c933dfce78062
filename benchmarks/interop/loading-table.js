import { median } from "@ssl-vit/bench";
import { markdownTable } from "@ssl-vit/sitting/markdown-table.js";

/** @typedef {import("@ssl-vit/sitting/run-sitting.js").Measurement} Measurement */

/** Our way into an engine. */
const OURS = "loadEncoder";

/** Ways of Python to the same: a new network with the values in its own memory. `load_file` maps the file and copies nothing, before `load_state_dict` the network is there. */
const COUNTERPARTS = ["to_empty", "create_model", "from_pretrained"];

/** Most that ours may take of their time. */
const LIMIT = 1.5;

/** How far sums in single precision may be apart, of the sum. */
const SAME_SUM = 1e-4;

/** @param {Measurement} measurement */
const whole = ({ load_ms: load, sum_ms: sum }) => load + sum;

/**
 * Of each way its measurements, and of each round what loadEncoder takes for the same folder divided by it.
 *
 * @param {readonly Measurement[]} measurements
 */
function waysOf(measurements) {
  const names = [...new Set(measurements.map(({ form, way }) => `${form} ${way}`))];
  return names.map((name) => {
    const [form, way] = name.split(" ");
    const turns = measurements.filter((turn) => turn.form === form && turn.way === way);
    const ratios = turns.flatMap((turn) => {
      const ours = measurements.find((other) => other.form === form && other.way === OURS && other.round === turn.round);
      return ours === undefined ? [] : [whole(ours) / whole(turn)];
    });
    return { form, way, turns, ratios };
  });
}

/** @param {readonly Measurement[]} measurements */
export function loadingTable(measurements) {
  const rows = waysOf(measurements).map(({ form, way, turns, ratios }) => {
    const middle = (/** @type {(turn: Measurement) => number} */ of) => median(turns.map(of)).toFixed(0);
    const ratio = way === OURS || ratios.length === 0 ? ["", ""] : [median(ratios).toFixed(2), ratios.map((each) => each.toFixed(2)).join(" ")];
    const memory = `${middle((turn) => turn.mb_before)} → ${middle((turn) => turn.mb_peak)}`;
    return [form, way, middle((turn) => turn.load_ms), middle(whole), Math.min(...turns.map(whole)).toFixed(0), middle((turn) => turn.processor_ms), ...ratio, memory, median(turns.map((turn) => turn.load_average)).toFixed(1)];
  });
  return markdownTable(["folder", "way", "load ms", "and add up ms", "least", "processor ms", "loadEncoder ÷ it", "each round", "memory MB", "load average"], rows);
}

/** @param {readonly Measurement[]} measurements */
export function loadingProblem(measurements) {
  const expected = measurements[0]?.sum;
  const other = measurements.find(({ sum }) => !(Math.abs(sum - expected) <= SAME_SUM * Math.abs(expected)));
  if (other !== undefined) return `${other.form}, ${other.way}: expected the values' sum ${expected} as of ${measurements[0].way}, received ${other.sum}.`;
  const slow = waysOf(measurements).filter(({ way, ratios }) => COUNTERPARTS.includes(way) && ratios.length > 0 && median(ratios) > LIMIT);
  return slow.length === 0 ? undefined : `expected loadEncoder within ${LIMIT} of Python's time, received ${slow.map(({ form, way, ratios }) => `${median(ratios).toFixed(2)} of ${way} (${form})`).join(", ")}.`;
}
