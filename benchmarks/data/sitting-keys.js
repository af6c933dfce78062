// What tells the measurements of a whole sitting from each other, in the order in which they are taken.

/** @param {number} count */
const roundsOf = (count) => Array.from({ length: count }, (_, index) => index + 1);

/**
 * Both sides in turn; who comes first changes from round to round.
 *
 * @template {string} Workload
 * @param {{ rounds: number, workloads: readonly Workload[], workers: readonly number[] }} options
 */
const loading = ({ rounds, workloads, workers: counts }) =>
  roundsOf(rounds).flatMap((round) => {
    const sides = round % 2 === 1 ? /** @type {const} */ (["pytorch", "ours"]) : /** @type {const} */ (["ours", "pytorch"]);
    return workloads.flatMap((workload) => counts.flatMap((workers) => sides.map((side) => ({ round, side, workload, workers }))));
  });

/** @param {{ rounds: number, methods: readonly string[] }} options */
const waiting = ({ rounds, methods }) => roundsOf(rounds).flatMap((round) => methods.map((method) => ({ round, method })));

const million = () => /** @type {const} */ (["flat", "nested"]).map((layout) => ({ layout }));

/** @param {{ workers: readonly number[] }} options */
const epochs = ({ workers: counts }) => counts.map((workers) => ({ workers }));

/** By mode. */
export const sittingKeys = { loading, waiting, million, epochs };
