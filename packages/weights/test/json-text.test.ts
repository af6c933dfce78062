import { expect, test } from "vitest";
import { jsonText } from "../src/json-text.js";

test("fields that transformers takes as floats are written as floats, others as they are", () => {
  expect(jsonText({ mask_ratio: 1, layer_norm_eps: 0, depth: 1, drop_path_rate: 0.5, initializer_range: 2 })).toBe('{\n  "mask_ratio": 1.0,\n  "layer_norm_eps": 0.0,\n  "depth": 1,\n  "drop_path_rate": 0.5,\n  "initializer_range": 2.0\n}\n');
});
