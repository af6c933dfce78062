import { expect, test } from "vitest";
import { resamplingMatrix } from "../src/resampling-matrix.js";

/** The matrix times sin(1), sin(2), … */
function resampledSines(oldGrid: readonly [number, number], newGrid: readonly [number, number]): number[] {
  const matrix = resamplingMatrix(oldGrid, newGrid);
  const oldCount = oldGrid[0] * oldGrid[1];
  return Array.from({ length: newGrid[0] * newGrid[1] }, (_, row) =>
    matrix.subarray(row * oldCount, (row + 1) * oldCount).reduce((total, weight, column) => total + weight * Math.sin(column + 1), 0),
  );
}

// Expected values: timm 1.0.31's resample_abs_pos_embed on PyTorch 2.15, applied to the identity.
test("a smaller square", () => {
  expect(resampledSines([8, 8], [4, 4])).toBeAllClose(
    [
      0.2026576, -0.4278012, 0.1154612, 0.3765088, -0.1208204, 0.3238642, -0.1173962, -0.2620296, 0.0300616, -0.3159434, 0.1952903,
      0.1936633, 0.0051632, 0.4096641, -0.2938245, -0.2199625,
    ],
    { absolute: 1e-6 },
  );
});

test("a larger grid of another shape", () => {
  expect(resampledSines([2, 3], [5, 7])).toBeAllClose(
    [
      0.9906975, 1.0162725, 1.1133094, 1.0943571, 0.6991448, 0.2694179, 0.0951249, 0.7318835, 0.7470205, 0.8095161, 0.7868351, 0.4936258,
      0.1773819, 0.0488153, 0.0487907, 0.0363785, 0.0077087, -0.0248134, -0.0488043, -0.0655302, -0.0734107, -0.634302, -0.6742635,
      -0.7940986, -0.836462, -0.5912344, -0.3084424, -0.1956366, -0.8931164, -0.9435159, -1.0978924, -1.1439844, -0.7967537, -0.4004785,
      -0.2419463,
    ],
    { absolute: 1e-6 },
  );
});

test("one axis longer, the other shorter, from a square and from a rectangle", () => {
  expect(resampledSines([4, 4], [7, 3])).toBeAllClose(
    [
      1.0407435, 0.5876191, -0.7009701, 0.3346159, 0.4900673, -0.0512489, -0.7976446, 0.2486464, 0.941417, -0.4541692, -0.4388432, 0.200421,
      0.2511952, -0.7766559, -0.7002735, 0.5061786, 0.3223551, -0.3197862, 0.6106565, 1.0080544, -0.0277788,
    ],
    { absolute: 1e-6 },
  );
  expect(resampledSines([3, 5], [4, 2])).toBeAllClose(
    [0.7258036, -0.658366, 0.6060014, -0.1095386, 0.0860276, 0.4966266, -0.5081397, 0.7801168],
    { absolute: 1e-6 },
  );
});

test("the same grid is the identity", () => {
  expect(resamplingMatrix([2, 2], [2, 2])).toBeAllClose([1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1], { absolute: 0 });
});
