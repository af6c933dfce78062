/**
 * DINO's loss: the student's distribution over prototypes shall match the teacher's, seen from another view.
 *
 * Paper: Caron et al., https://arxiv.org/abs/2104.14294, equation 3 and Section 3.1 (centring and sharpening).
 * Checked against facebookresearch/dino (main_dino.py, DINOLoss) and lightly's DINOLoss.
 */
import { assertShape, type Float, withoutGradient } from "@ssl-vit/core";
import { div, softmax, sub, tidy } from "@tensorflow/tfjs-core";
import { assertTemperature } from "./assert-temperature.js";
import { assertViewPairs } from "./assert-view-pairs.js";
import { viewCrossEntropy } from "./view-cross-entropy.js";

/** Options of {@link dinoCrossEntropy}. */
export interface DinoCrossEntropyOptions {
  /** The student's scores are divided by it. The paper's is 0.1. */
  readonly studentTemperature: number;
  /** The teacher's centred scores are divided by it. The paper's is 0.04 to 0.07. */
  readonly teacherTemperature: number;
}

/**
 * Cross-entropy −Σ_k q_k·log p_k with q = softmax((teacher − center) / teacherTemperature) and
 * p = softmax(student / studentTemperature), averaged over images and over the pairs of different views.
 *
 * @param student scores of all V views
 * @param teacher scores of the G global views. View i of the teacher is view i of the student, and that pair is left out
 * @param center running mean of the teacher's scores (see `updateCenter`)
 * @returns a scalar that the caller owns, differentiable in `student` alone
 * @throws ShapeError when batch or prototypes differ, or when there is no pair of different views; ConfigError for a
 *   temperature that is not above 0
 */
export function dinoCrossEntropy(
  student: Float<"V B K">,
  teacher: Float<"V B K">,
  center: Float<"K">,
  { studentTemperature, teacherTemperature }: DinoCrossEntropyOptions,
): Float<""> {
  assertShape("losses", "student", student, [-1, -1, -1]);
  const [, batch, prototypes] = student.shape;
  assertShape("losses", "teacher", teacher, [-1, batch, prototypes], "The teacher and student heads must have the same number of prototypes.");
  assertShape("losses", "center", center, [prototypes], "The center has one value for each prototype.");
  assertViewPairs("student", student, teacher);
  assertTemperature("studentTemperature", studentTemperature);
  assertTemperature("teacherTemperature", teacherTemperature);
  return tidy(() => {
    const targets = withoutGradient(() => softmax<Float<"V B K">>(div(sub(teacher, center), teacherTemperature)));
    return viewCrossEntropy(student, targets, { temperature: studentTemperature });
  });
}
