import { readFileSync } from "node:fs";
import { defineMethod, type EncoderFactory, type MethodFactory } from "@ssl-vit/core";
import { dino } from "@ssl-vit/dino";
import { ibot } from "@ssl-vit/ibot";
import { mae } from "@ssl-vit/mae";
import { simclr } from "@ssl-vit/simclr";
import { swav } from "@ssl-vit/swav";
import { vit, type VitSize, vitSizes } from "@ssl-vit/vit";
import { getBackend, memory, mul, sum } from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { measureCost, measurePresetCost } from "../src/index.js";
import { allMethods } from "./all-methods.js";

const methods = new Map(allMethods.map((factory) => [factory.methodName, factory]));
const asFactory = (factory: unknown): MethodFactory => factory as MethodFactory;

/** Of `vit`, at 32 px in patches of 4 unless said. */
const encoders = (size: VitSize, options: object = {}): EncoderFactory => vit({ size, initialization: "zeros", ...options });

/** An encoder's forward pass of one image: patch embedding; in each block 12·N·D² multiplications of weights and 2·N²·D of tokens. */
function forward({ embedDim, depth, mlpRatio }: (typeof vitSizes)[VitSize], patches: number, tokens: number, patchValues: number): number {
  return 2 * (patches * patchValues * embedDim + depth * ((4 + 2 * mlpRatio) * tokens * embedDim ** 2 + 2 * tokens ** 2 * embedDim));
}

test.each(["tiny", "small", "base", "large", "huge"] as const)("ViT %s: operations by the closed formula, parameters, and nothing left", async (size) => {
  const before = memory();
  const { flops, parameters, memory: bytes } = await measureCost({ method: asFactory(simclr), encoders: encoders(size, { imageSize: 224, patchSize: 16 }), batchSize: 2 });
  expect(flops.encode).toBe(forward(vitSizes[size], 196, 197, 768));
  const { embedDim: d, depth } = vitSizes[size];
  expect(parameters.encoder).toBe(d * (768 + 1) + d + 197 * d + depth * (12 * d ** 2 + 13 * d) + 2 * d);
  // Weights and one moment each of AdamW's two, and four images.
  expect(bytes.resting).toBeGreaterThanOrEqual(4 * (3 * parameters.trained + 2 * 2 * 224 * 224 * 3));
  expect(getBackend()).toBe("cpu");
  expect(memory().numTensors).toBe(before.numTensors);
});

// Made by: python benchmarks/cost/peer_cost.py simclr,dino,mae tiny,base --batch-size 8 --image-size 32 --patch-size 4
const golden = JSON.parse(readFileSync(new URL("golden/torch-flops.json", import.meta.url), "utf8")) as Record<
  string,
  Record<"tiny" | "base", Record<"encoder" | "trained" | "encode" | "step", number>>
>;

test.each(Object.entries(golden).flatMap(([name, sizes]) => Object.entries(sizes).map(([size, expected]) => [name, size as VitSize, expected] as const)))(
  "%s, ViT %s: the parameters and operations that PyTorch counts",
  async (name, size, expected) => {
    const { parameters, flops } = await measurePresetCost({ method: methods.get(name)!, size, imageSize: 32, patchSize: 4, batchSize: 8 });
    expect(parameters).toEqual({ encoder: expected.encoder, trained: expected.trained });
    expect(flops.encode).toBe(expected.encode);
    expect(Math.abs(flops.step / expected.step - 1)).toBeLessThan(1e-3);
  },
);

test("what is carried out: less where only [CLS] is needed, more for pixels' gradient and attention's scores", async () => {
  const [batchSize, { embedDim: d, depth }] = [4, vitSizes.pico];
  const { flops } = await measureCost({ method: asFactory(simclr), encoders: encoders("pico"), batchSize });
  const [patches, tokens] = [64, 65];
  const encode = forward(vitSizes.pico, patches, tokens, 48);
  const all = 3 * encode - 2 * patches * 48 * d; // pixels have no gradient
  const skipped = 3 * 2 * ((tokens - 1) * 10 * d ** 2 + 2 * (tokens - 1) * tokens * d);
  const onceMore = 2 * d * ((depth - 1) * tokens ** 2 + tokens);
  const heads = flops.step - 2 * all;
  expect(heads).toBeGreaterThan(0);
  expect(flops.carriedOut).toBeCloseTo(2 * (all - skipped + onceMore + 2 * patches * 48 * d) + heads, 0);
});

test("memory of a step grows with the batch, what rests by the images alone", async () => {
  const options = { decoderDim: 64, decoderDepth: 2, decoderHeads: 2 };
  const cost = (batchSize: number) => measureCost({ method: asFactory(mae), options, encoders: encoders("micro"), batchSize });
  const [small, large] = [await cost(64), await cost(128)];
  expect(large.memory.resting - small.memory.resting).toBe(64 * 32 * 32 * 3 * 4);
  expect(large.memory.step / small.memory.step).toBeGreaterThan(1.6); // the weights' gradients do not
  expect(large.memory.step / small.memory.step).toBeLessThan(2.05);
  expect(large.flops).toEqual(small.flops);
});

test("a count is the same whatever was counted before", async () => {
  const cost = (method: unknown) => measurePresetCost({ method: asFactory(method), preset: "small", size: "nano", imageSize: 32, patchSize: 4, batchSize: 64 });
  const first = await cost(dino);
  await cost(simclr);
  expect(await cost(dino)).toEqual(first);
});

test("the teacher's pass is counted once, without a gradient, and local views at their size", async () => {
  const options = { prototypes: 16, hiddenDim: 8, bottleneckDim: 4, localViews: 2, localSizeRatio: 0.5 };
  const { flops } = await measureCost({ method: asFactory(dino), options, encoders: encoders("nano"), batchSize: 2 });
  const [global, local] = [forward(vitSizes.nano, 64, 65, 48), forward(vitSizes.nano, 16, 17, 48)];
  const pixels = 2 * 48 * vitSizes.nano.embedDim;
  const expected = 2 * global + 3 * (2 * global + 2 * local) - pixels * 2 * (64 + 16);
  // Heads and the positions' interpolation are small.
  expect(flops.step).toBeGreaterThan(expected);
  expect(flops.step / expected).toBeLessThan(1.02);
});

test("random masks: the mean of several steps", async () => {
  const cost = (draws: number) => measureCost({ method: asFactory(ibot), options: { prototypes: 512, localViews: 0 }, encoders: encoders("pico"), batchSize: 8, draws });
  const [one, again, many] = [await cost(1), await cost(1), await cost(12)];
  expect(again).toEqual(one);
  expect(many.flops.step).not.toBe(one.flops.step);
  expect(many.memory.step).toBeGreaterThanOrEqual(one.memory.step);
});

test("the preset whose batch it is; a method without presets; what cannot be", async () => {
  const sizes = { size: "pico", imageSize: 32, patchSize: 4 } as const;
  expect((await measurePresetCost({ method: asFactory(swav), ...sizes, batchSize: 256 })).preset).toBe("paper-256");
  await expect(measurePresetCost({ method: asFactory(swav), ...sizes, batchSize: 250 })).rejects.toThrow(/swav.*prototypes/);
  await expect(measurePresetCost({ method: asFactory(swav), preset: "papers", ...sizes, batchSize: 256 })).rejects.toThrow('Did you mean "paper"?');
  await expect(measurePresetCost({ method: asFactory(simclr), ...sizes, batchSize: 1 })).rejects.toThrow("at least 2 images");

  const stranger = defineMethod({
    name: "stranger",
    paper: "https://example.org",
    defaults: {},
    presets: {},
    create: (given) => {
      const encoder = given("student");
      return {
        name: "stranger",
        config: {},
        views: { groups: [{ name: "global", count: 1, size: 32, operations: [] }], normalize: { mean: [0], std: [1] } },
        encoder,
        trainable: encoder.parameters,
        buffers: {},
        loss: ({ views }) => ({ loss: sum(mul(encoder.encode(views[0]!.images), 2)), metrics: {} }),
      };
    },
  });
  const { preset, flops } = await measurePresetCost({ method: asFactory(stranger), ...sizes, batchSize: 3 });
  expect(preset).toBeUndefined();
  expect(flops.step).toBe(3 * flops.encode - 2 * 64 * 48 * vitSizes.pico.embedDim);
  await expect(measurePresetCost({ method: asFactory(stranger), preset: "small", ...sizes, batchSize: 3 })).rejects.toThrow("the method has no presets");
});
