import { ConfigError } from "@ssl-vit/core";
import { expect, test } from "vitest";
import { sincos2dPositions } from "../src/index.js";

test("columns in the first half of the channels, rows in the second, sines before cosines", () => {
  const positions = sincos2dPositions({ gridSize: [2, 3], embedDim: 8 });
  const patch = (row: number, column: number): Float32Array => positions.subarray((row * 3 + column) * 8, (row * 3 + column + 1) * 8);
  // D/4 = 2 frequencies: 1 and 10000^(-1/2) = 0.01.
  expect(patch(0, 0)).toBeAllClose([0, 0, 1, 1, 0, 0, 1, 1]);
  expect(patch(0, 2)).toBeAllClose([Math.sin(2), Math.sin(0.02), Math.cos(2), Math.cos(0.02), 0, 0, 1, 1]);
  expect(patch(1, 1)).toBeAllClose([1, 1].flatMap(() => [Math.sin(1), Math.sin(0.01), Math.cos(1), Math.cos(0.01)]));
});

test("tokens before the patches have zeros", () => {
  const positions = sincos2dPositions({ gridSize: [1, 2], embedDim: 4, prefixTokens: 2 });
  expect(positions).toHaveLength(4 * 4);
  expect(positions.subarray(0, 8)).toBeAllClose(new Float32Array(8), { absolute: 0 });
  expect(positions.subarray(8)).toBeAllClose(sincos2dPositions({ gridSize: [1, 2], embedDim: 4 }), { absolute: 0 });
});

test("refuses a width that 4 does not divide", () => {
  expect(() => sincos2dPositions({ gridSize: [2, 2], embedDim: 6 })).toThrow(ConfigError);
});
