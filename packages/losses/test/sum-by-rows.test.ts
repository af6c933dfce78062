import { createRandom } from "@ssl-vit/core";
import { nativeWhereBuilt, testBackends, useBackend } from "@ssl-vit/testing";
import { tensor2d, tidy } from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-wasm";
import { describe, expect, it } from "vitest";
import { sumByRows } from "../src/sum-by-rows.js";

const native = await nativeWhereBuilt(() => import("@ssl-vit/backend-native"));

describe.each(testBackends("cpu", "wasm", ...native))("sumByRows on %s", (backend) => {
  useBackend(backend);

  it("adds 4 million values to 5 digits", () => {
    const values = createRandom(0).uniforms(2048 ** 2);
    const expected = values.reduce((total, value) => total + value, 0);
    tidy(() => {
      expect(sumByRows(tensor2d(values, [2048, 2048]))).toBeAllClose([expected], { relative: 1e-5 });
    });
  });
});
