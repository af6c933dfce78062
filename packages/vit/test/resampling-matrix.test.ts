import { expect, test } from "vitest";
import { resamplePositions } from "../src/index.js";
import { type PositionInterpolation, resamplingMatrix } from "../src/resampling-matrix.js";

/** The matrix times sin(1), sin(2), … */
function resampledSines(oldGrid: readonly [number, number], newGrid: readonly [number, number], interpolation: PositionInterpolation = "antialias"): number[] {
  const matrix = resamplingMatrix(oldGrid, newGrid, interpolation);
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

// Expected values: PyTorch 2.15's interpolate(mode="bicubic") without antialiasing.
test("plain: smaller, larger, and both at once", () => {
  expect(resampledSines([8, 8], [4, 4], "plain")).toBeAllClose(
    [
      0.5481087, -0.7736669, 0.0825775, 0.6335947, -0.4601157, 0.9595536, -0.3451978, -0.5903799, 0.22067, -0.9360604, 0.5889138, 0.3729207,
      0.012145, 0.7186975, -0.6528227, -0.1247852,
    ],
    { absolute: 1e-6 },
  );
  expect(resampledSines([2, 3], [5, 7], "plain")).toBeAllClose(
    [
      1.0070114, 1.0416601, 1.1716757, 1.1152689, 0.736004, 0.3010182, 0.0860498, 0.7054172, 0.7244614, 0.8050868, 0.7561032, 0.4882362,
      0.1858154, 0.0356302, 0.0496755, 0.0347916, 0.00803, -0.0248134, -0.0504737, -0.0646646, -0.0739948, -0.6060663, -0.6548782, -0.7890268,
      -0.8057301, -0.5891835, -0.3151446, -0.1836198, -0.9076604, -0.9720768, -1.1556157, -1.1648957, -0.8369513, -0.4303475, -0.2340394,
    ],
    { absolute: 1e-6 },
  );
  expect(resampledSines([4, 4], [7, 3], "plain")).toBeAllClose(
    [
      1.0373968, 0.6548804, -0.7999358, 0.1995318, 0.5506246, 0.0001257, -0.8315819, 0.2959278, 0.9388859, -0.4818617, -0.5538849, 0.2810219,
      0.3492961, -0.8503002, -0.6576167, 0.5025978, 0.2564514, -0.409608, 0.530281, 1.1471161, -0.1143344,
    ],
    { absolute: 1e-6 },
  );
});

test.each(["antialias", "plain"] as const)("resamplePositions is the matrix's product, %s, and keeps the prefix", (interpolation) => {
  const sines = Float32Array.from({ length: 15 }, (_, index) => Math.sin(index + 1));
  // Two channels: the sines and their opposites; two rows before them.
  const positions = Float32Array.from([7, 8, 9, 10, ...[...sines].flatMap((value) => [value, -value])]);
  const resampled = resamplePositions(positions, { oldGrid: [3, 5], newGrid: [4, 2], embedDim: 2, prefixTokens: 2, interpolation });
  const expected = resampledSines([3, 5], [4, 2], interpolation);
  expect(resampled).toBeAllClose([7, 8, 9, 10, ...expected.flatMap((value) => [value, -value])], { absolute: 1e-6 });
});
