/**
 * DINO's loss: the student's distribution over prototypes shall match the teacher's, seen from another view.
 *
 * Paper: Caron et al., https://arxiv.org/abs/2104.14294, equation 3 and Section 3.1 (centring and sharpening).
 * Checked against facebookresearch/dino (main_dino.py, DINOLoss) and lightly's DINOLoss.
 *
 * With q the teacher's and p the student's probabilities, the sum over pairs is rearranged so that no pair is visited:
 *   −Σ_{t≠v} q_t·log p_v = −(Σ_t q_t)·(Σ_v log p_v) + Σ_{v≤G} q_v·log p_v.
 * Its gradient in the scores of view v is (G − [v≤G])·p_v − Σ_{t≠v} q_t, divided by the student's temperature.
 */
import { assertShape, type Float, ShapeError } from "@ssl-vit/core";
import { customGrad, div, type GradSaveFunc, logSoftmax, mul, pad, slice, softmax, sub, sum, tensor3d, tidy, type Tensor } from "@tensorflow/tfjs-core";
import { assertTemperature } from "./assert-temperature.js";

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
  const [views, batch, prototypes] = student.shape;
  assertShape("losses", "teacher", teacher, [-1, batch, prototypes], "The teacher and student heads must have the same number of prototypes.");
  assertShape("losses", "center", center, [prototypes], "The center has one value for each prototype.");
  assertTemperature("studentTemperature", studentTemperature);
  assertTemperature("teacherTemperature", teacherTemperature);
  const teacherViews = teacher.shape[0];
  const sharedViews = Math.min(views, teacherViews);
  const pairs = views * teacherViews - sharedViews;
  if (pairs === 0) {
    throw new ShapeError({
      package: "losses",
      what: "student",
      expected: "at least 2 views",
      received: `[${student.shape.join(", ")}]`,
      fix: "A view is never compared with itself.",
    });
  }
  const share = 1 / (pairs * batch);

  return customGrad<Float<"">>((_, save) => {
    const targets = softmax(div(sub(teacher, center), teacherTemperature)); // [G, B, K]
    (save as GradSaveFunc)([student, targets]);
    // With 65,536 prototypes a [V, B, K] tensor is the largest of the step: the inner tidies free each as soon as it was used.
    const logProbabilities = tidy(() => logSoftmax(div(student, studentTemperature))); // [V, B, K]
    const allPairs = sum(mul(sum(targets, 0), sum(logProbabilities, 0)));
    const sameView = sum(mul(firstViews(targets, sharedViews), firstViews(logProbabilities, sharedViews)));

    const gradFunc = (dy: Float<"">, saved: Tensor[]): Tensor =>
      tidy(() => {
        const scale = mul(dy, share / studentTemperature);
        const scaledTargets = mul(saved[1]!, scale); // [G, B, K]
        const otherViews = tidy(() => {
          const sameViews = pad(firstViews(scaledTargets, sharedViews), [[0, views - sharedViews], [0, 0], [0, 0]]);
          return sub(sum(scaledTargets, 0), sameViews); // [V, B, K]
        });
        const comparisons = Array.from({ length: views }, (_, view) => [[view < sharedViews ? teacherViews - 1 : teacherViews]]); // [V, 1, 1]
        const weighted = tidy(() => mul(softmax(div(saved[0]!, studentTemperature)), mul(tensor3d(comparisons), scale))); // [V, B, K]
        return sub(weighted, otherViews);
      });
    return { value: mul(sub(sameView, allPairs), share), gradFunc };
  })(student);
}

/** The first views, [V, B, K] → [count, B, K]. */
function firstViews(views: Tensor, count: number): Tensor {
  return slice(views, 0, count);
}
