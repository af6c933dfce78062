/** More classes make no picture and a large file. */
const mostClasses = 100;

/** Images by class (row) and predicted class (column), [classes, classes]; undefined for more than 100 classes. */
export function countConfusion(labels: ArrayLike<number>, predictions: ArrayLike<number>, numClasses: number): number[][] | undefined {
  if (numClasses > mostClasses) return undefined;
  const counts = Array.from({ length: numClasses }, () => new Array<number>(numClasses).fill(0));
  for (let image = 0; image < labels.length; image++) counts[labels[image]!]![predictions[image]!]!++;
  return counts;
}
