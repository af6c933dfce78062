/**
 * @typedef {{ readonly name: string, readonly confidence: number, readonly step: number }} Named
 * @typedef {{ readonly step: number, readonly totalSteps?: number, readonly loss?: number, readonly signals?: object, readonly evaluation?: object, readonly failure?: object }} Line
 */

/**
 * What was named at a step, from all that was logged up to it.
 *
 * @typedef {object} Look
 * @property {number} step
 * @property {readonly string[]} named the likeliest first
 */

/** Whether a line says more than every step's does. @param {Line} line */
const isLook = ({ signals, evaluation, failure }) => signals !== undefined || evaluation !== undefined || failure !== undefined;

/**
 * What a monitor would have named at each look of a run, had it been read as far as that: the diagnoses of every prefix of its log that ends with a look.
 *
 * @template {Line} L
 * @param {readonly L[]} logged
 * @param {(prefix: readonly L[]) => readonly Named[]} diagnose
 * @returns {Look[]}
 */
export function looksOf(logged, diagnose) {
  const steps = [...new Set(logged.filter(isLook).map(({ step }) => step))].sort((a, b) => a - b);
  return steps.map((step) => ({ step, named: diagnose(logged.filter((line) => line.step <= step)).map(({ name }) => name) }));
}

/**
 * The share of a run at which a diagnosis became the likeliest one and stayed so; undefined where it is not so in the end.
 *
 * @param {readonly Look[]} looks @param {string} name @param {number} totalSteps
 */
export function shareOfNaming(looks, name, totalSteps) {
  const others = looks.findLastIndex(({ named }) => named[0] !== name);
  const first = looks[others + 1];
  return first === undefined ? undefined : first.step / totalSteps;
}

/**
 * Everything that was named at any look, with the step of the first and of the last one.
 *
 * @param {readonly Look[]} looks
 */
export function everNamed(looks) {
  /** @type {Map<string, { name: string, from: number, to: number, looks: number }>} */
  const found = new Map();
  for (const { step, named } of looks) {
    for (const name of named) {
      const before = found.get(name);
      found.set(name, { name, from: before?.from ?? step, to: step, looks: (before?.looks ?? 0) + 1 });
    }
  }
  return [...found.values()];
}
