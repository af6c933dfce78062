/**
 * iBOT's loss of masked patches: the student's distribution over prototypes at a masked patch shall match the teacher's, which saw it.
 *
 * Paper: Zhou et al., https://arxiv.org/abs/2111.07832, Section 3.1.
 * Checked against bytedance/ibot (main_ibot.py, iBOTLoss) and facebookresearch/dinov2 (loss/ibot_patch_loss.py, forward_masked).
 */
import { assertShape, type Float, withoutGradient } from "@ssl-vit/core";
import { div, mul, softmax, sub, sum, tidy } from "@tensorflow/tfjs-core";
import { assertTemperature } from "./assert-temperature.js";
import type { DinoCrossEntropyOptions } from "./dino-cross-entropy.js";
import { softmaxCrossEntropy } from "./softmax-cross-entropy.js";

/** The temperatures of `dinoCrossEntropy`. */
export type MaskedPatchCrossEntropyOptions = DinoCrossEntropyOptions;

/**
 * Σ_m weight_m·CE_m with the cross-entropy −Σ_k q_k·log p_k of q = softmax((teacher − center) / teacherTemperature) and
 * p = softmax(student / studentTemperature). A sum: iBOT's mean over the masked patches of an image, then over images, are weights of
 * 1 / (masked patches of the image · images). Without a masked patch it is 0.
 *
 * @param student scores of the M masked patches of the batch
 * @param teacher the teacher's scores of the same patches
 * @param center running mean of the teacher's patch scores (see `updateCenter`)
 * @param weights what each patch counts
 * @returns a scalar that the caller owns, differentiable in `student` alone
 * @throws ShapeError when the shapes do not belong together; ConfigError for a temperature that is not above 0
 */
export function maskedPatchCrossEntropy(
  student: Float<"M K">,
  teacher: Float<"M K">,
  center: Float<"K">,
  weights: Float<"M">,
  { studentTemperature, teacherTemperature }: MaskedPatchCrossEntropyOptions,
): Float<""> {
  assertShape("losses", "student", student, [-1, -1]);
  const [patches, prototypes] = student.shape;
  assertShape("losses", "teacher", teacher, student.shape, "The teacher scores the same patches with a head of as many prototypes.");
  assertShape("losses", "center", center, [prototypes], "The center has one value for each prototype.");
  assertShape("losses", "weights", weights, [patches], "There is one weight for each patch.");
  assertTemperature("studentTemperature", studentTemperature);
  assertTemperature("teacherTemperature", teacherTemperature);
  return tidy(() => {
    const targets = withoutGradient(() => softmax<Float<"M K">>(div(sub(teacher, center), teacherTemperature)));
    const losses = softmaxCrossEntropy(div<Float<"M K">>(student, studentTemperature), targets); // [M]
    return sum<Float<"">>(mul(losses, weights));
  });
}
