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
});

const both = { encoders: ["registers without [CLS]", "plain"], libraries: ["transformers", "timm"] };
const inTransformers = { ...transformers, refused: { "registers without [CLS]": "no class" } };
const inTimm = { ...timm, results: { "registers without [CLS]": near, plain: near } };

test("all compared but what a library has no class for is no problem", () => {
  expect(interopProblem([inTransformers, inTimm], both)).toBeUndefined();
});

test("a difference above the tolerance, and one that is none, are problems", () => {
  const far = { ...inTimm, results: { "registers without [CLS]": { ...near, tokens: 2e-4 }, plain: { ...near, pooled: null } } };
  expect(interopProblem([inTransformers, far], both)).toBe("expected at most 0.0001 of the largest apart, received registers without [CLS] in timm: tokens 2.0e-4, plain in timm: pooled **not comparable**.");
  expect(interopTable([far])).toContain("| plain | 3.0e-7 · **not comparable** (VisionTransformer) |");
});

const all = "expected every encoder in every library, received ";
test.each([
  ["no measurement", [], both, `${all}nothing of transformers, nothing of timm.`],
  ["one library alone", [inTimm], both, `${all}nothing of transformers.`],
  ["no encoder", [{ ...inTimm, results: {} }], { encoders: [], libraries: ["timm"] }, `${all}no encoder.`],
  ["no library", [], { encoders: ["plain"], libraries: [] }, `${all}no library.`],
  ["every encoder refused", [{ ...inTimm, results: {}, refused: { "registers without [CLS]": "why", plain: "why" } }], { ...both, libraries: ["timm"] }, `${all}registers without [CLS] refused for timm (why), plain refused for timm (why).`],
  ["an encoder that is not there", [{ ...inTimm, results: { plain: near } }], { ...both, libraries: ["timm"] }, `${all}nothing of registers without [CLS] in timm.`],
  ["an empty result", [{ ...inTimm, results: { ...inTimm.results, plain: { model: "VisionTransformer" } } }], { ...both, libraries: ["timm"] }, `${all}no tokens of plain in timm.`],
  ["no pooled feature where there is one", [{ ...inTimm, results: { ...inTimm.results, plain: { model: "VisionTransformer", tokens: 0 } } }], { ...both, libraries: ["timm"] }, `${all}no pooled feature of plain in timm.`],
  ["what should have been refused", [{ ...inTransformers, results: { plain: near, "registers without [CLS]": near }, refused: {} }], { ...both, libraries: ["transformers"] }, `${all}registers without [CLS] in transformers, which has no place for it.`],
])("a sitting with %s is a problem", (_, measurements, expected, problem) => {
  expect(interopProblem(measurements, expected)).toBe(problem);
});
