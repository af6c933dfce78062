/** More classes make no picture and a large file. */
const mostClasses = 100;

/** Images by class (row) and predicted class (column), [classes, classes]; undefined for more than 100 classes. */
export function countConfusion(labels: Int32Array, predictions: Int32Array, numClasses: number): number[][] | undefined {
  if (numClasses > mostClasses) return undefined;
  const counts = Array.from({ length: numClasses }, () => new Array<number>(numClasses).fill(0));
  labels.forEach((label, image) => counts[label]![predictions[image]!]!++);
  return counts;
}
