import type { LoggedSignals } from "@ssl-vit/core";
import type { StepReport } from "./step-report.js";

/** What is written of a step: its numbers, or, in a line of its own, what came before the first step, what an evaluation answered, or why the run ended. */
export type LoggedStep = StepReport | LoggedSignals;

const under = (section: string, values: Readonly<Record<string, number>>): Record<string, number> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [`${section}/${name}`, value]));

/** The numbers of a step by TensorBoard's tags: sections before the slash. */
export function stepScalars(logged: LoggedStep): Record<string, number> {
  const looked = under("signals", logged.signals ?? {});
  if (!("imagesPerSecond" in logged)) return { ...under("evaluation", logged.evaluation ?? {}), ...looked };
  const { epoch, loss, learningRate, gradientNorm, imagesPerSecond, dataWaitShare, memoryMb, metrics } = logged;
  return {
    ...looked,
    ...under("train", { loss, learningRate, gradientNorm, epoch }),
    ...under("metrics", metrics),
    ...under("speed", { imagesPerSecond, dataWaitShare, memoryMb }),
  };
}
