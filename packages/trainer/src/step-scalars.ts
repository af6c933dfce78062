import type { StepReport } from "./step-report.js";

/** What is written of a step: its numbers, or, in a line of its own, what its evaluation answered. */
export type LoggedStep = StepReport | Required<Pick<StepReport, "step" | "evaluation">>;

const under = (section: string, values: Readonly<Record<string, number>>): Record<string, number> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [`${section}/${name}`, value]));

/** The numbers of a step by TensorBoard's tags: sections before the slash. */
export function stepScalars(logged: LoggedStep): Record<string, number> {
  if (!("loss" in logged)) return under("evaluation", logged.evaluation);
  const { epoch, loss, learningRate, gradientNorm, imagesPerSecond, dataWaitShare, memoryMb, metrics } = logged;
  return {
    ...under("train", { loss, learningRate, gradientNorm, epoch }),
    ...under("metrics", metrics),
    ...under("speed", { imagesPerSecond, dataWaitShare, memoryMb }),
  };
}
