import { ConfigError, createRandom, type OptimizerRecipe, ShapeError } from "@ssl-vit/core";
import { expectNoLeaks, nativeWhereBuilt, testBackends, useBackend } from "@ssl-vit/testing";
import { memory, ones, profile, tensor, type Tensor, tidy, type Variable, variable, zeros } from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-wasm";
import { describe, expect, it } from "vitest";
import { createOptimizer } from "../src/index.js";
import { golden, type OptimizerCase, progressAt } from "./golden-file.js";
import { once } from "./one-step.js";

type Arrays = Readonly<Record<string, ArrayLike<number>>>;

const toTensors = (arrays: Arrays, shapes: OptimizerCase["shapes"]): Record<string, Tensor> =>
  Object.fromEntries(Object.entries(arrays).map(([name, values]) => [name, tensor(Float32Array.from(values), shapes[name])]));
const toVariables = (arrays: Arrays, shapes: OptimizerCase["shapes"]): Record<string, Variable> =>
  Object.fromEntries(Object.entries(toTensors(arrays, shapes)).map(([name, value]) => [name, variable(value)]));
const valuesOf = (tensors: Readonly<Record<string, Tensor>>) => Object.fromEntries(Object.entries(tensors).map(([name, value]) => [name, value.dataSync().slice()]));

const native = await nativeWhereBuilt(() => import("@ssl-vit/backend-native"));

describe.each(testBackends("cpu", "wasm", ...native))("against the reference, step by step, on %s", (backend) => {
  useBackend(backend);

  it.each(golden.optimizers.map((one) => [one.description, one] as const))("%s", (_, one) => {
    const parameters = toVariables(one.parameters, one.shapes);
    const optimizer = createOptimizer(one.recipe, parameters, { batchSize: one.batchSize });
    for (const [index, step] of one.steps.entries()) {
      const result = optimizer.apply(toTensors(step.gradients, one.shapes), progressAt(index, one));
      expect([result.learningRate, result.weightDecay]).toBeAllClose([step.learningRate, step.weightDecay], { relative: 1e-12, absolute: 0 });
      expect(result.gradientNorm).toBeAllClose([step.gradientNorm], { relative: 1e-6, absolute: 0 });
      for (const [name, expected] of Object.entries(step.parameters)) expect(parameters[name]!).toBeAllClose(expected, { relative: 2e-6, absolute: 1e-6 });
    }
  });

  it.each<Partial<OptimizerRecipe>>([{ name: "lars" }, { name: "lars", trustNorm: "separate", weightDecay: 0.5 }, { name: "lamb" }])("%j leaves weights where they are whose gradient is zero", (recipe) => {
    const parameters = { "fc.weight": variable(ones([2, 3])) };
    const optimizer = createOptimizer({ name: "lars", learningRate: 1, weightDecay: 0, ...recipe }, parameters, { batchSize: 256 });
    optimizer.apply({ "fc.weight": zeros([2, 3]) }, once);
    expect([...parameters["fc.weight"].dataSync()]).toEqual([1, 1, 1, 1, 1, 1]);
  });
});

describe.each(testBackends(...native))("kernels on %s", (backend) => {
  useBackend(backend);

  const names = ["encoder.patch_embed.weight", "encoder.blocks.0.weight", "encoder.blocks.1.bias", "head.weight"];
  const kernelsOf = async (recipe: Partial<OptimizerRecipe>): Promise<string[]> => {
    const parameters = Object.fromEntries(names.map((name) => [name, variable(ones(name.endsWith("bias") ? [4] : [4, 4]))]));
    const optimizer = createOptimizer({ name: "adamw", learningRate: 1, weightDecay: 0.1, ...recipe }, parameters, { batchSize: 256 });
    const { kernels } = await profile(() => tidy(() => optimizer.apply(parameters, once).gradientNorm));
    return kernels.map(({ name }) => name);
  };

  it("AdamW is one call, with a rate and a decay for each parameter", async () => {
    const recipe = { layerDecay: 0.5, groups: [{ match: "head.", constantLearningRate: true, learningRateFactor: 3, weightDecayFactor: 0 }] };
    expect((await kernelsOf(recipe)).filter((name) => name === "AdamW")).toHaveLength(1);
  });

  it.each(["lars", "lamb"] as const)("%s takes the norms of all parameters in two calls, and the gradients' in one", async (name) => {
    const kernels = await kernelsOf({ name });
    expect(kernels.filter((kernel) => kernel === "SquaredNorms")).toHaveLength(3);
  });
});

describe("createOptimizer", () => {
  it("leaves a parameter without a gradient alone: no decay, no moment, no count", () => {
    const parameters = { active: variable(ones([2, 2])), frozen: variable(ones([2, 2])) };
    const optimizer = createOptimizer({ name: "adamw", learningRate: 0.1, weightDecay: 0.5 }, parameters, { batchSize: 256 });
    optimizer.apply({ active: ones([2, 2]) }, once);
    expect([...parameters.frozen.dataSync()]).toEqual([1, 1, 1, 1]);
    expect([...optimizer.state().get("frozen.exp_avg_sq")!.dataSync()]).toEqual([0, 0, 0, 0]);
    expect(optimizer.counters()).toEqual({ active: 1, frozen: 0 });
  });

  it("does nothing without any gradient", () => {
    const optimizer = createOptimizer({ name: "adamw", learningRate: 0.1, weightDecay: 0.5 }, { one: variable(ones([2])) }, { batchSize: 256 });
    expect(optimizer.apply({}, once).gradientNorm.dataSync()[0]).toBe(0);
    expect(optimizer.counters()).toEqual({ one: 0 });
  });

  it("gives the same bytes in whatever order gradients come", () => {
    const [one] = golden.optimizers;
    const norms = [false, true].map((reversed) => {
      const gradients = Object.entries(toTensors(one!.steps[3]!.gradients, one!.shapes));
      const optimizer = createOptimizer(one!.recipe, toVariables(one!.parameters, one!.shapes), { batchSize: 256 });
      return optimizer.apply(Object.fromEntries(reversed ? gradients.reverse() : gradients), once).gradientNorm.dataSync()[0];
    });
    expect(norms[0]).toBe(norms[1]);
  });

  it.each(golden.optimizers.map((one) => [one.description, one] as const))("continues bit for bit from a saved state: %s", (_, one) => {
    const run = (optimizer: ReturnType<typeof createOptimizer>, first: number, last: number): void => {
      for (let step = first; step < last; step++) optimizer.apply(toTensors(one.steps[step]!.gradients, one.shapes), progressAt(step, one));
    };
    const whole = toVariables(one.parameters, one.shapes);
    const uninterrupted = createOptimizer(one.recipe, whole, { batchSize: one.batchSize });
    run(uninterrupted, 0, one.steps.length);

    const before = toVariables(one.parameters, one.shapes);
    const interrupted = createOptimizer(one.recipe, before, { batchSize: one.batchSize });
    run(interrupted, 0, 5);
    const saved = { parameters: valuesOf(before), state: valuesOf(Object.fromEntries(interrupted.state())), counters: JSON.stringify(interrupted.counters()) };

    const after = toVariables(saved.parameters, one.shapes);
    const resumed = createOptimizer(one.recipe, after, { batchSize: one.batchSize });
    const tensors = new Map([...resumed.state()].map(([name, { shape }]) => [name, tensor(saved.state[name]!, shape)]));
    resumed.restore(tensors, JSON.parse(saved.counters) as Record<string, number>);
    for (const value of tensors.values()) value.dispose();
    run(resumed, 5, one.steps.length);

    expect(valuesOf(after)).toEqual(valuesOf(whole));
    expect(valuesOf(Object.fromEntries(resumed.state()))).toEqual(valuesOf(Object.fromEntries(uninterrupted.state())));
    expect(resumed.counters()).toEqual(uninterrupted.counters());
  });

  it("names its state as PyTorch does", () => {
    const parameters = { "fc.weight": variable(ones([2, 3])) };
    const names = (recipe: Partial<OptimizerRecipe>) =>
      [...createOptimizer({ name: "sgd", learningRate: 1, weightDecay: 0, ...recipe }, parameters, { batchSize: 1 }).state().keys()];
    expect(names({ name: "adamw" })).toEqual(["fc.weight.exp_avg", "fc.weight.exp_avg_sq"]);
    expect(names({ name: "lamb" })).toEqual(["fc.weight.exp_avg", "fc.weight.exp_avg_sq"]);
    for (const name of ["sgd", "lars"] as const) {
      expect(names({ name })).toEqual(["fc.weight.momentum_buffer"]);
      expect(names({ name, momentum: 0 })).toEqual([]);
    }
  });

  it("refuses the state of another model, and then keeps its own", () => {
    const optimizer = createOptimizer({ name: "sgd", learningRate: 1, weightDecay: 0 }, { one: variable(ones([2])) }, { batchSize: 1 });
    const refuses = (tensors: Record<string, Tensor>, counters: Record<string, number>, message: string) => {
      expect(() => { optimizer.restore(new Map(Object.entries(tensors)), counters); }).toThrow(message);
    };
    refuses({}, { one: 1 }, 'state: expected "one.momentum_buffer", received none. The checkpoint was written for another model or optimizer.');
    refuses({ "one.momentum_buffer": ones([2]), "two.momentum_buffer": ones([2]) }, { one: 1 }, 'state: expected only what this optimizer has, received "two.momentum_buffer".');
    refuses({ "one.momentum_buffer": ones([2]) }, {}, 'counters: expected "one", received none.');
    refuses({ "one.momentum_buffer": ones([3]) }, { one: 1 }, "state one.momentum_buffer: expected shape [2], received [3].");
    expect([...optimizer.state().get("one.momentum_buffer")!.dataSync()]).toEqual([0, 0]);
    expect(optimizer.counters()).toEqual({ one: 0 });
  });

  it("refuses gradients of unknown parameters or of another shape, and then updates nothing", () => {
    const parameters = { one: variable(ones([2])), two: variable(ones([3])) };
    const optimizer = createOptimizer({ name: "sgd", learningRate: 1, weightDecay: 0 }, parameters, { batchSize: 256 });
    expect(() => optimizer.apply({ one: ones([2]), three: ones([3]) }, once)).toThrow(ConfigError);
    expect(() => optimizer.apply({ one: ones([2]), two: ones([2]) }, once)).toThrow(ShapeError);
    expect([...parameters.one.dataSync()]).toEqual([1, 1]);
    expect(optimizer.counters()).toEqual({ one: 0, two: 0 });
  });

  it.each(golden.optimizers.map((one) => [one.description, one] as const))("leaves no tensor behind: %s", async (_, one) => {
    const parameters = toVariables(one.parameters, one.shapes);
    const gradients = toTensors(one.steps[3]!.gradients, one.shapes);
    const before = memory().numTensors;
    const optimizer = createOptimizer(one.recipe, parameters, { batchSize: one.batchSize });
    await expectNoLeaks(() => { optimizer.apply(gradients, once).gradientNorm.dispose(); });
    const tensors = new Map([...optimizer.state()].map(([name, value]) => [name, value.clone()]));
    await expectNoLeaks(() => { optimizer.restore(tensors, optimizer.counters()); });
    for (const value of tensors.values()) value.dispose();
    optimizer.dispose();
    expect(memory().numTensors).toBe(before);
  });

  it("needs few kernels and few intermediate values for many parameters", async () => {
    const count = 40;
    const random = createRandom(0);
    const names = Array.from({ length: count }, (_, index) => `layer${index}.weight`);
    const matrices = () => names.map((name) => [name, tensor(random.derive(name).normals(64), [8, 8])] as const);
    const parameters = Object.fromEntries(matrices().map(([name, value]) => [name, variable(value)]));
    const recipe: OptimizerRecipe = { name: "adamw", learningRate: 1e-3, weightDecay: 0.05, clipNorm: 1 };
    const optimizer = createOptimizer(recipe, parameters, { batchSize: 256 });
    const gradients = Object.fromEntries(matrices());
    const before = memory().numBytes;
    const { kernels, peakBytes } = await profile(() => tidy(() => optimizer.apply(gradients, once).gradientNorm));
    expect(kernels.length / count).toBeLessThan(20);
    // A handful of 256-byte matrices at once, not a handful for each of the 40 parameters.
    expect(peakBytes - before).toBeLessThan(20 * 256);
  });
});
