import { assertShape, type Float } from "@ssl-vit/core";

/** Checks what a loss over masked patches is given: a target for each prediction, and a mask value for each patch. */
export function assertPatches(prediction: Float<"B P D">, target: Float<"B P D">, mask: Float<"B P">): void {
  assertShape("losses", "prediction", prediction, [-1, -1, -1]);
  const [batch, patches] = prediction.shape;
  assertShape("losses", "target", target, prediction.shape, "Cut the images into patches of the size that the decoder predicts.");
  assertShape("losses", "mask", mask, [batch, patches], "The mask has one value for each patch.");
}
