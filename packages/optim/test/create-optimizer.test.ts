import { ConfigError, createRandom, type OptimizerRecipe, ShapeError } from "@ssl-vit/core";
import { expectNoLeaks, nativeWhereBuilt, testBackends, useBackend } from "@ssl-vit/testing";
import { memory, ones, profile, tensor, type Tensor, tidy, type Variable, variable, zeros } from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-wasm";
import { describe, expect, it } from "vitest";
import { createOptimizer } from "../src/index.js";
import { golden, type OptimizerCase, progressAt } from "./golden-file.js";

type Arrays = Readonly<Record<string, ArrayLike<number>>>;

const toTensors = (arrays: Arrays, shapes: OptimizerCase["shapes"]): Record<string, Tensor> =>
  Object.fromEntries(Object.entries(arrays).map(([name, values]) => [name, tensor(Float32Array.from(values), shapes[name])]));
const toVariables = (arrays: Arrays, shapes: OptimizerCase["shapes"]): Record<string, Variable> =>
  Object.fromEntries(Object.entries(toTensors(arrays, shapes)).map(([name, value]) => [name, variable(value)]));
const valuesOf = (tensors: Readonly<Record<string, Tensor>>) => Object.fromEntries(Object.entries(tensors).map(([name, value]) => [name, value.dataSync().slice()]));

const once = progressAt(0, { epochs: 1, stepsPerEpoch: 1 });

/** What one step with the given gradients makes of parameters that are all one. */
function oneStep(recipe: OptimizerRecipe, gradients: Readonly<Record<string, Tensor>>, batchSize = 256): Record<string, ArrayLike<number>> {
  const parameters = Object.fromEntries(Object.entries(gradients).map(([name, { shape }]) => [name, variable(ones(shape))]));
  createOptimizer(recipe, parameters, { batchSize }).apply(gradients, once);
  return valuesOf(parameters);
}

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
});

describe("traps of reproduction", () => {
  const sgd = { name: "sgd", learningRate: 1, weightDecay: 0, momentum: 0 } as const;
  const gradients = { first: tensor([3, 4]), second: tensor([0, 0.5]) };

  it("trap 1, per-tensor clipping (DINO): each tensor by its own norm; a short one is left alone", () => {
    const { first, second } = oneStep({ ...sgd, clipNorm: 1, clipMode: "per-tensor" }, gradients);
    expect(first!).toBeAllClose([1 - 0.6, 1 - 0.8]);
    expect(second!).toBeAllClose([1, 0.5]);
  });

  it("trap 1, global clipping (PyTorch): all tensors by the norm of all, and by default", () => {
    const factor = 1 / Math.hypot(3, 4, 0.5);
    for (const clipMode of ["global", undefined] as const) {
      const { first, second } = oneStep({ ...sgd, clipNorm: 1, ...(clipMode === undefined ? {} : { clipMode }) }, gradients);
      expect(first!).toBeAllClose([1 - 3 * factor, 1 - 4 * factor]);
      expect(second!).toBeAllClose([1, 1 - 0.5 * factor]);
    }
  });

  it("trap 3, weight-decay exclusion: biases and 1-D parameters are not decayed, but for MoCo v3", () => {
    const zeroGradients = { "fc.weight": zeros([2, 2]), "fc.bias": zeros([2]), "norm.weight": zeros([2]), "conv.bias": zeros([1, 2]), cls_token: zeros([1, 1, 2]) };
    const recipe: OptimizerRecipe = { name: "adamw", learningRate: 1, weightDecay: 0.25 };
    const decayed = (values: Record<string, ArrayLike<number>>) => Object.keys(values).filter((name) => values[name]![0] === 0.75);
    const untouched = (values: Record<string, ArrayLike<number>>) => Object.keys(values).filter((name) => values[name]![0] === 1);
    const usual = oneStep(recipe, zeroGradients);
    expect(decayed(usual)).toEqual(["fc.weight", "cls_token"]);
    expect(untouched(usual)).toEqual(["fc.bias", "norm.weight", "conv.bias"]);
    expect(decayed(oneStep({ ...recipe, decayBiasAndNorm: true }, zeroGradients))).toHaveLength(5);
  });

  it("trap 4, learning-rate scaling: × batch / 256, / 512 in SimMIM, or none; the minimum is never scaled", () => {
    const rates = (recipe: Partial<OptimizerRecipe>) => {
      const optimizer = createOptimizer({ ...sgd, learningRate: 0.1, minLearningRate: 0.01, ...recipe }, {}, { batchSize: 1024 });
      return [0, 1].map((step) => optimizer.apply({}, progressAt(step, { epochs: 1, stepsPerEpoch: 1 })).learningRate);
    };
    expect(rates({})).toEqual([0.4, 0.01]);
    expect(rates({ learningRateBatch: 512 })).toEqual([0.2, 0.01]);
    expect(rates({ learningRateBatch: 0 })).toEqual([0.1, 0.01]);
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
    expect(names({})).toEqual(["fc.weight.momentum_buffer"]);
    expect(names({ momentum: 0 })).toEqual([]);
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

  it.each<[Record<string, unknown>, string]>([
    [{ weightDecays: 1 }, 'Unknown option "weightDecays" of the optimizer. Did you mean "weightDecay"?'],
    [{ name: "lars" }, 'name: expected "adamw" or "sgd", received "lars".'],
    [{ learningRate: undefined }, "learningRate: expected a finite number of at least 0, received null."],
    [{ learningRate: -1 }, "learningRate: expected a finite number of at least 0, received -1."],
    [{ weightDecay: "0.1" }, 'weightDecay: expected a finite number of at least 0, received "0.1".'],
    [{ betas: [0.9, 1] }, "betas: expected two numbers in [0, 1), received [0.9,1]."],
    [{ momentum: 1 }, "momentum: expected a number in [0, 1), received 1."],
    [{ clipNorm: -3 }, "clipNorm: expected a finite number of at least 0, received -3."],
    [{ clipMode: "norm" }, 'clipMode: expected "global" or "per-tensor", received "norm".'],
    [{ decayBiasAndNorm: "yes" }, 'decayBiasAndNorm: expected true or false, received "yes".'],
  ])("refuses %j", (wrong, message) => {
    const recipe = { name: "adamw", learningRate: 1, weightDecay: 0, ...wrong } as unknown as OptimizerRecipe;
    expect(() => createOptimizer(recipe, {}, { batchSize: 256 })).toThrow(ConfigError);
    expect(() => createOptimizer(recipe, {}, { batchSize: 256 })).toThrow(message);
  });

  it("takes an undefined option for one that is left out", () => {
    const recipe = { name: "adamw", learningRate: 1, weightDecay: 0, betas: undefined, weightDecayEnd: undefined } as unknown as OptimizerRecipe;
    expect(createOptimizer(recipe, {}, { batchSize: 256 }).apply({}, once).learningRate).toBe(1);
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
