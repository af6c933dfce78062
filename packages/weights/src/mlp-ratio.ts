/** The ratio of a perceptron whose width is dim·ratio, rounded down to whole units: half a unit more keeps a quotient that has no exact number from falling below. */
export function mlpRatioOf(hiddenDim: number, dim: number): number {
  const ratio = hiddenDim / dim;
  return Math.floor(dim * ratio) === hiddenDim ? ratio : (hiddenDim + 0.5) / dim;
}
