import { expect, test } from "vitest";
import { encoderKinds, MASKED } from "../encoder-kinds.js";
import { formOf } from "../expected-refusals.js";
import { lacking } from "../publish.js";

const measurements = Object.keys(formOf).map((library) => ({ library, results: {}, refused: {} }));
const circumstances = { commit: "abc12345", node: "20", steps: 3, kinds: [...Object.keys(encoderKinds), MASKED], methods: "all" };
const sitting = { date: "2026-01-02T03:04:05Z", circumstances, measurements };

test("what is not whole is not published, and says what it lacks", () => {
  expect(lacking(sitting)).toEqual([]);
  expect(lacking({ ...sitting, circumstances: { ...circumstances, commit: "abc12345-dirty" } })).toEqual(["it was measured on code that is not committed"]);
  expect(lacking({ ...sitting, measurements: measurements.filter(({ library }) => library !== "onnxruntime-web") })).toEqual([`1 of ${measurements.length} measurements are missing (onnxruntime-web)`]);
  expect(lacking({ ...sitting, circumstances: { ...circumstances, kinds: circumstances.kinds.slice(1), methods: ["dino"] } })).toEqual([`kinds of encoders are missing: ${circumstances.kinds[0]}`, "it has not every method"]);
});
