import { ShapeError } from "@ssl-vit/core";

/**
 * Rows and columns of patches of images [B, Y, X, C].
 *
 * @throws ShapeError for a side that is no whole number of patches
 */
export function patchGrid([, height, width]: readonly [number, number, number, number], patchSize: number): [rows: number, columns: number] {
  if (height % patchSize !== 0 || width % patchSize !== 0) {
    throw new ShapeError({ package: "visualize", what: "images", expected: `sides that are multiples of the patch size, ${patchSize}`, received: `${height} × ${width} px` });
  }
  return [height / patchSize, width / patchSize];
}
