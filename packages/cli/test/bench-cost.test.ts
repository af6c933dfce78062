import { expect, it } from "vitest";
import { run } from "../src/index.js";
import { captureOutput } from "./capture-output.js";

const captured = captureOutput();
const small = ["--image-size", "32", "--patch-size", "4", "--batch-size", "8"];

it("bench cost counts methods by models, as JSON and as a table", async () => {
  const parameters = ["bench", "cost", "--methods", "simclr,mae", "--models", "pico,vit-tiny", "--preset", "small", ...small];
  expect(await run([...parameters, "--json"])).toBe(0);
  const rows = JSON.parse(captured.printed) as Record<string, string | number>[];
  expect(rows.map(({ method, model, preset }) => `${method} ${model} ${preset}`)).toEqual(["simclr pico small", "simclr tiny small", "mae pico small", "mae tiny small"]);
  expect(rows[1]).toMatchObject({ image_size: 32, patch_size: 4, batch_size: 8, parameters_encoder: 5_360_832, flops_encode: 730_211_328 });
  // Two views, forward and backward.
  expect(Number(rows[1]!["flops_step"]) / Number(rows[1]!["flops_encode"])).toBeCloseTo(6, 1);
  expect(captured.told).toContain("mae tiny: ");

  captured.printed = "";
  expect(await run(parameters)).toBe(0);
  const lines = captured.printed.trim().split("\n");
  expect(lines).toHaveLength(2 + rows.length);
  // Each column says its unit and of what it is: operations are of an image, memory is of a batch.
  expect(lines[0]).toBe("| method | preset | model | encoder, M parameters | trained, M parameters | encode, GFLOP/image | step, GFLOP/image | carried out, GFLOP/image | at rest, GB | step, GB, batch of 8 |");
  expect(lines[3]!.split("|").map((cell) => cell.trim()).slice(1, 5)).toEqual(["simclr", "small", "tiny", "5.4"]);
});

it.each([
  [["--models", "huhe"], 'received "huhe". Did you mean "huge"?'],
  [["--methods", "dyno"], 'received "dyno". Did you mean "dino"?'],
  [["--methods", "mae", "--models", "pico", "--preset", "smal"], 'Did you mean "small"?'],
  [["--methods", "simclr", "--models", "pico", "--batch-size", "1"], "at least 2 images"],
  [["--methods", "simclr", "--models", "pico", "--image-size", "30"], "multiples of patchSize"],
  [["--models", ","], "--models: expected names with commas between them"],
])("bench cost %j is wrong usage", async (wrong, message) => {
  expect(await run(["bench", "cost", ...small, ...wrong])).toBe(2);
  expect(captured.both).toContain(message);
});
