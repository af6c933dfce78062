import { backendKernel, type Float, ShapeError, withGradient } from "@ssl-vit/core";
import { reshape, tidy, transpose } from "@tensorflow/tfjs-core";

/**
 * Cuts images into patches, row by row: [B, Y, X, C] → [B, P, patchSize²·C], each patch as (row, column, channel), which is MAE's order.
 *
 * @param patchSize in pixels; divides Y and X
 * @returns the caller's
 * @throws ShapeError when the patch size does not divide the image
 */
export function patchify(images: Float<"B Y X C">, patchSize: number): Float<"B P D"> {
  const [batch, height, width, channels] = images.shape;
  if (height % patchSize !== 0 || width % patchSize !== 0) {
    throw new ShapeError({
      package: "vit",
      what: "images",
      expected: `height and width that patchSize ${patchSize} divides`,
      received: `[${images.shape.join(", ")}]`,
    });
  }
  const [kernel, gradient] = [backendKernel("Patchify"), backendKernel("PatchifyGrad")];
  if (kernel !== undefined && gradient !== undefined) {
    return withGradient(
      [images],
      () => kernel({ images }, { patchSize })[0] as Float<"B P D">,
      (dy) => gradient({ dy }, { patchSize, imageShape: images.shape }),
    );
  }
  const [rows, columns] = [height / patchSize, width / patchSize];
  return tidy(() => {
    const strips = reshape(images, [batch * rows, patchSize, columns, patchSize * channels]); // [B·rows, P, columns, P·C]
    return reshape(transpose(strips, [0, 2, 1, 3]), [batch, rows * columns, patchSize * patchSize * channels]); // [B, P, P·P·C]
  });
}
