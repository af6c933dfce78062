import { expect, test } from "vitest";
import { interopProblem, interopTable } from "../interop-table.js";

const near = { model: "VisionTransformer", tokens: 3e-7, pooled: 4e-7 };
const transformers = { library: "transformers", version: "5.0", results: { plain: { model: "IJepaModel", tokens: 3.14e-7 } }, refused: { registers: "no class" } };
const timm = { library: "timm", version: "1.0", results: { registers: near, plain: near }, refused: {} };

test("a row an encoder, in the order of the library that has them all; what a library has not is said", () => {
  expect(interopTable([transformers, timm])).toBe(
    [
      "| encoder | transformers 5.0 | timm 1.0 |",
      "|---|---|---|",
      "| registers | no such class | 3.0e-7 · 4.0e-7 (VisionTransformer) |",
      "| plain | 3.1e-7 · none (IJepaModel) | 3.0e-7 · 4.0e-7 (VisionTransformer) |",
      "",
    ].join("\n"),
  );
  expect(interopProblem([transformers, timm])).toBeUndefined();
});

test("a difference above the tolerance, and one that is none, are problems", () => {
  const far = { ...timm, results: { registers: { ...near, tokens: 2e-4 }, plain: { ...near, pooled: null } } };
  expect(interopProblem([transformers, far])).toBe("expected at most 0.0001 of the largest apart, received registers in timm: tokens 2.0e-4, plain in timm: pooled **not comparable**.");
  expect(interopTable([far])).toContain("| plain | 3.0e-7 · **not comparable** (VisionTransformer) |");
});
