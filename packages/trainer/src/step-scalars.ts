import type { StepReport } from "./step-report.js";

const under = (section: string, values: Readonly<Record<string, number>>): Record<string, number> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [`${section}/${name}`, value]));

/** The numbers of a step by TensorBoard's tags: sections before the slash. */
export function stepScalars({ epoch, loss, learningRate, gradientNorm, imagesPerSecond, dataWaitShare, memoryMb, metrics, evaluation = {} }: StepReport): Record<string, number> {
  return {
    ...under("train", { loss, learningRate, gradientNorm, epoch }),
    ...under("metrics", metrics),
    ...under("evaluation", evaluation),
    ...under("speed", { imagesPerSecond, dataWaitShare, memoryMb }),
  };
}
