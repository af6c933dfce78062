import { markdownTable } from "@ssl-vit/sitting/markdown-table.js";

/** @typedef {import("@ssl-vit/sitting/run-sitting.js").Measurement} Measurement */

/**
 * One row a classifier and its setting: our accuracy and the others', which had the same features.
 *
 * @param {readonly Measurement[]} measurements
 * @returns {{ features: string, classifier: string, setting: string, ours: number, others: Record<string, number> }[]}
 */
function comparisons(measurements) {
  return measurements.flatMap(({ features, ours, theirs }) =>
    ["knn", "logistic"].flatMap((classifier) => Object.keys(ours[classifier]).map((setting) => ({ features, classifier, setting, ours: ours[classifier][setting], others: theirs[classifier][setting] }))),
  );
}

const words = { knn: "k-NN: k, temperature", logistic: "logistic regression: weight decay" };
const percent = (/** @type {number | undefined} */ share) => (share === undefined ? "–" : (100 * share).toFixed(2));

/** @param {{ ours: number, others: Record<string, number> }} row */
const furthest = ({ ours, others }) => Math.max(...Object.values(others).map((other) => 100 * Math.abs(ours - other)));

/** @param {readonly Measurement[]} measurements */
export function accuracyTable(measurements) {
  const rows = comparisons(measurements).map((row) => {
    const classifier = words[/** @type {keyof typeof words} */ (row.classifier)];
    return [row.features, classifier, row.setting.replace(" ", ", "), percent(row.ours), percent(row.others["lightly"]), percent(row.others["scikit-learn"]), furthest(row).toFixed(2)];
  });
  return markdownTable(["features", "classifier", "setting", "ours %", "lightly %", "scikit-learn %", "points apart"], rows);
}

const mostPoints = 0.2;

/**
 * What must not be: an accuracy more than 0.2 points from another's.
 *
 * @param {readonly Measurement[]} measurements
 */
export function accuracyProblem(measurements) {
  const far = comparisons(measurements).filter((row) => furthest(row) > mostPoints);
  if (far.length === 0) return undefined;
  const [{ features, classifier, setting, ours, others }] = far;
  return `${far.length} of the accuracies: expected at most ${mostPoints} points from others', received ${percent(ours)} and ${JSON.stringify(others)} of ${classifier} ${setting} on ${features}.`;
}
