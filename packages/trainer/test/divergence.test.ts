import { disposeMethod, type Float, type Method, type ViewBatch } from "@ssl-vit/core";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { randomBatch } from "@ssl-vit/testing";
import { dispose, fill, memory, mul, scalar, tensor1d, tidy, type Variable } from "@tensorflow/tfjs-core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { divergenceWatch } from "../src/divergence.js";
import { firstNonFinite, firstNonFiniteGradient } from "../src/first-non-finite.js";
import { collect, createMethod, tinyRun } from "./tiny-run.js";

const tiny = tinyRun();

describe("divergenceWatch", () => {
  /** The step at which it throws, if it does. */
  const endOf = (losses: readonly number[]): number | undefined => {
    const watch = divergenceWatch();
    for (const [index, loss] of losses.entries()) {
      try {
        watch.look(loss, index + 1);
      } catch {
        return index + 1;
      }
    }
    return undefined;
  };
  const begin = new Array<number>(10).fill(5);

  it("ends a run after 20 steps in a row of a loss that is ten times what it was at the beginning above it", () => {
    expect(endOf([...begin, ...new Array<number>(30).fill(56)])).toBe(30);
    expect(endOf([...begin, ...new Array<number>(30).fill(54)])).toBeUndefined();
    expect(endOf([...begin, ...Array.from({ length: 60 }, (_, step) => (step % 19 === 0 ? 5 : 1e9))])).toBeUndefined();
  });

  it("takes losses below 0, as of SimSiam, and near 0 by a measure of 1", () => {
    expect(endOf([...new Array<number>(10).fill(-0.9), ...new Array<number>(30).fill(9)])).toBeUndefined();
    expect(endOf([...new Array<number>(10).fill(-0.9), ...new Array<number>(30).fill(9.2)])).toBe(30);
  });

  it("goes on where an earlier part of the run left it, and says while a loss is above", () => {
    const before = divergenceWatch();
    for (const loss of begin) before.look(loss, 1);
    const after = divergenceWatch(before.losses);
    expect(after.isAbove).toBe(false);
    after.look(1e6, 11);
    expect(after.isAbove).toBe(true);
    after.look(5, 12);
    expect(after.isAbove).toBe(false);
  });

  const exploding = (): Method => ({
    ...tiny.method,
    loss: (batch, context) => {
      const output = tiny.method.loss(batch, context);
      return context.progress.step < 10 ? output : { ...output, loss: mul(output.loss, scalar(1000)) };
    },
  });

  it("ends training with what it saw, unless told not to", async () => {
    await expect(collect(tiny.optionsFor({ method: exploding(), steps: 40 }))).rejects.toThrow(/loss at step 30: expected at most .* \(the first 10 steps had .*\), received .*, and more than that for 20 steps\. Training diverged/);
    expect((await collect(tiny.optionsFor({ method: exploding(), steps: 32, stopOnDivergence: false }))).length).toBe(32);
  });

  it("keeps the last checkpoint from before the explosion, says in train.log why it ended, and is not fooled by a resume", async () => {
    const out = join(tiny.folder, "run");
    await expect(collect(tiny.optionsFor({ method: exploding(), steps: 40, out, saveEvery: 1 }))).rejects.toThrow("Training diverged");
    expect(readdirSync(join(out, "checkpoints")).sort()).toEqual(["last", "step-00000008", "step-00000009", "step-00000010"]);
    expect(readFileSync(join(out, "train.log"), "utf8")).toMatch(/ended: \[@ssl-vit\/trainer\] loss at step 30: .*Training diverged/);
    await expect(collect(tiny.optionsFor({ method: exploding(), steps: 40, out, resume: true }))).rejects.toThrow(/loss at step 30: expected at most .* \(the first 10 steps had/);
  });
});

describe("firstNonFinite", () => {
  let method: Method;
  let batch: ViewBatch;
  beforeEach(() => {
    method = createMethod();
    batch = randomBatch(method, 2);
  });
  afterEach(() => {
    disposeMethod(method);
    dispose(batch.views.map(({ images }) => images));
  });
  const spoil = (variable: Variable, value: number): void => {
    tidy(() => { variable.assign(fill(variable.shape, value)); });
  };

  it("is left with the heads and the loss where all else is well, and leaves no tensor behind", () => {
    const before = memory().numTensors;
    expect(firstNonFinite(method, batch).name).toContain("in the heads or in the loss");
    expect(memory().numTensors).toBe(before);
  });

  it.each([
    [Number.NaN, "encoder.blocks.0.mlp.fc1.weight"],
    [Number.POSITIVE_INFINITY, "projector.0.weight"],
  ])("names a weight of %f", (value, name) => {
    spoil(method.trainable[name]!, value);
    expect(firstNonFinite(method, batch).name).toBe(name);
  });

  it("names a block before a buffer that the same forward pass spoilt", () => {
    for (const layer of ["fc1", "fc2"]) spoil(method.trainable[`encoder.blocks.0.mlp.${layer}.bias`]!, 3e38);
    spoil(method.trainable["encoder.blocks.0.mlp.fc2.weight"]!, 3e38);
    const statistics = Object.entries(method.buffers).find(([name]) => name.endsWith("running_mean"))!;
    spoil(statistics[1], Number.NaN);
    expect(firstNonFinite(method, batch).name).toBe('what block 0 makes of view "global"');
    for (const layer of ["fc1.bias", "fc2.bias", "fc2.weight"]) spoil(method.trainable[`encoder.blocks.0.mlp.${layer}`]!, 0);
    expect(firstNonFinite(method, batch).name).toBe(statistics[0]);
  });

  it("names a view before a weight", () => {
    const [first, second] = batch.views;
    const images = tidy(() => mul<Float<"B Y X C">>(second!.images, Number.NaN));
    expect(firstNonFinite(method, { ...batch, views: [first!, { ...second!, images }] }).name).toBe('view "global"');
    images.dispose();
  });

  it("names the block where finite weights give what is not", () => {
    for (const layer of ["fc1", "fc2"]) spoil(method.trainable[`encoder.blocks.0.mlp.${layer}.bias`]!, 3e38);
    spoil(method.trainable["encoder.blocks.0.mlp.fc2.weight"]!, 3e38);
    expect(firstNonFinite(method, batch).name).toBe('what block 0 makes of view "global"');
    spoil(method.trainable["encoder.patch_embed.proj.weight"]!, 3e38);
    expect(firstNonFinite(method, batch).name).toBe('what the patch embedding makes of view "global"');
  });

  it("names the first gradient of the parameters' order, and counts the others", () => {
    const [good, bad] = [tensor1d([1]), tensor1d([1, Number.NaN])];
    expect(firstNonFiniteGradient({ a: good })).toBeUndefined();
    expect(firstNonFiniteGradient({ a: good, b: bad })).toBe("the gradient of b");
    expect(firstNonFiniteGradient({ a: good, b: bad, c: bad })).toBe("the gradient of b (and of 1 of 3 parameters)");
    dispose([good, bad]);
  });

  it("is in the message of a run that meets one", async () => {
    const name = "encoder.blocks.0.attn.proj.weight";
    spoil(tiny.method.trainable[name]!, Number.NaN);
    await expect(collect(tiny.optionsFor({ steps: 2 }))).rejects.toThrow(`loss at step 1: expected a finite number, received NaN; the first tensor that is not finite is ${name}.`);
  });
});
