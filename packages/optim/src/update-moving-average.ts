import { backendKernel, ConfigError, type ParameterMap } from "@ssl-vit/core";
import { add, dispose, mul, tidy } from "@tensorflow/tfjs-core";
import { inChunks } from "./in-chunks.js";
import { withScalars } from "./with-scalars.js";

/**
 * Moves each of the teacher's parameters to momentum · teacher + (1 − momentum) · student.
 *
 * @param student may have more parameters than the teacher (a predictor)
 * @param momentum share of the teacher that is kept, in [0, 1]
 * @throws ConfigError when the student lacks one of the teacher's parameters, or for a momentum outside [0, 1]
 */
export function updateMovingAverage(teacher: ParameterMap, student: ParameterMap, momentum: number): void {
  if (!(momentum >= 0 && momentum <= 1)) {
    throw new ConfigError({ package: "optim", what: "momentum", expected: "a number in [0, 1]", received: String(momentum) });
  }
  const pairs = Object.entries(teacher).map(([name, variable]) => {
    const source = student[name];
    if (source === undefined) throw new ConfigError({ package: "optim", what: "student", expected: `a parameter "${name}", as the teacher has`, received: "none" });
    return [variable, source] as const;
  });
  const kernel = backendKernel("ExponentialMovingAverage");
  if (kernel !== undefined) {
    for (const chunk of inChunks(pairs, ([variable]) => variable.size)) {
      const averages = kernel([...chunk.map(([variable]) => variable), ...chunk.map(([, source]) => source)], { momentum });
      for (const [index, [variable]] of chunk.entries()) variable.assign(averages[index]!);
      dispose(averages);
    }
    return;
  }
  withScalars((constant) => {
    for (const [variable, source] of pairs) {
      tidy(() => { variable.assign(add(mul(variable, constant(momentum)), mul(source, constant(1 - momentum)))); });
    }
  });
}
