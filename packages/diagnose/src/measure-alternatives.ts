import { type DiagnosticSignals, type Float, type ScoredAlternatives } from "@ssl-vit/core";
import { argMax, mean, sqrt, square, stack, sub, type Tensor, tidy } from "@tensorflow/tfjs-core";
import { meanCrossEntropy } from "./mean-cross-entropy.js";

/** Mean entropy of a row, entropy of the mean row, spread of the scores; scalars. */
function ownNumbers({ scores, probabilities }: ScoredAlternatives): readonly Tensor[] {
  const entropyOf = (rows: Tensor): Tensor => meanCrossEntropy(rows, rows);
  return [entropyOf(probabilities), entropyOf(mean(probabilities, 0)), mean(sqrt(mean(square(sub(scores, mean(scores, 0))), 0)))];
}

const agreeInShape = (first: Float<"R K">, second: Float<"R K">): boolean => first.shape[0] === second.shape[0] && first.shape[1] === second.shape[1];

/** Share of rows whose largest score is that of their own image: column r of row r, and of the images once more for each further view. */
function choiceShare({ scores }: ScoredAlternatives): number {
  const [rows, columns] = scores.shape;
  const chosen = argMax(scores, 1).dataSync();
  let right = 0;
  for (let row = 0; row < rows; row++) if (chosen[row] === row % columns) right++;
  return right / rows;
}

/**
 * What student and teacher say of the alternatives:
 *
 * - `alternatives`: K.
 * - `studentEntropy`, `teacherEntropy`: mean entropy of a row as a share of ln K; 1 is uniform.
 * - `studentUsage`, `teacherUsage`: exp of the entropy of the mean row, from 1 to K: how many alternatives the rows use together.
 * - `teacherCrossEntropy` = H(teacher, student), and `teacherKl`, that less the teacher's own entropy; nats, mean over rows.
 * - `scoreSpread`, `teacherScoreSpread`: deviation of the raw scores over rows, mean over alternatives.
 * - `studentTemperature`, `teacherTemperature`; `choiceShare` where the alternatives are images.
 */
export function measureAlternatives({ student, teacher }: Pick<DiagnosticSignals, "student" | "teacher">): Record<string, number> {
  const known = student ?? teacher;
  if (known === undefined) return {};
  return tidy(() => {
    const alternatives = known.probabilities.shape[1];
    const isCompared = student !== undefined && teacher !== undefined && agreeInShape(student.probabilities, teacher.probabilities);
    const cross = isCompared ? [meanCrossEntropy(teacher.probabilities, student.probabilities)] : [];
    const scalars = [...[student, teacher].flatMap((one) => (one === undefined ? [] : ownNumbers(one))), ...cross];
    const numbers = [...stack(scalars).dataSync()];

    const signals: Record<string, number> = { alternatives };
    const take = (): number => numbers.shift()!;
    let teacherEntropy = Number.NaN;
    if (student !== undefined) {
      signals["studentEntropy"] = take() / Math.log(alternatives);
      signals["studentUsage"] = Math.exp(take());
      signals["scoreSpread"] = take();
      signals["studentTemperature"] = student.temperature;
      if (student.kind === "images") signals["choiceShare"] = choiceShare(student);
    }
    if (teacher !== undefined) {
      teacherEntropy = take();
      signals["teacherEntropy"] = teacherEntropy / Math.log(alternatives);
      signals["teacherUsage"] = Math.exp(take());
      signals["teacherScoreSpread"] = take();
      signals["teacherTemperature"] = teacher.temperature;
    }
    if (isCompared) {
      const crossEntropy = take();
      signals["teacherCrossEntropy"] = crossEntropy;
      signals["teacherKl"] = Math.max(0, crossEntropy - teacherEntropy); // it is never below 0 but for rounding
    }
    return signals;
  });
}
