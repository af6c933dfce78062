import { scalar } from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { assertViews, ConfigError, defineMethod, type Encoder, isMethodFactory, type Method, singleProcess, type StepContext, type ViewBatch } from "../src/index.js";

const encoder = { parameters: {}, buffers: {} } as unknown as Encoder;
const toy = defineMethod<{ readonly temperature: number; readonly layers: number }, Method>({
  name: "toy",
  paper: "https://example.org/toy",
  defaults: { temperature: 0.1, layers: 3 },
  presets: {},
  check: ({ temperature }) => {
    if (!(temperature > 0)) throw new ConfigError({ package: "toy", what: "temperature", expected: "above 0", received: String(temperature) });
  },
  create: (encoders, config, random) => ({
    name: "toy",
    config: { ...config, draw: random.uniform() },
    views: { groups: [], normalize: { mean: [0], std: [1] } },
    encoder: encoders("student"),
    trainable: {},
    buffers: {},
    loss: () => ({ loss: scalar(0), metrics: {} }),
  }),
});
const create = (options: object): Method => toy(() => encoder, options);

describe("defineMethod", () => {
  it("resolves options over defaults and ignores undefined ones", () => {
    expect(create({ layers: 2, temperature: undefined }).config).toMatchObject({ temperature: 0.1, layers: 2 });
    expect(toy.defaults).toEqual({ temperature: 0.1, layers: 3 });
  });

  it("refuses unknown options by the nearest name, or lists them all", () => {
    expect(() => create({ temprature: 1 })).toThrow('[toy] Unknown option "temprature". Did you mean "temperature"?');
    expect(() => create({ zzzzzz: 1 })).toThrow('[toy] Unknown option "zzzzzz". Options: temperature, layers.');
  });

  it("gives the loss the batch's indices in its context", () => {
    const seen: unknown[] = [];
    const looking = defineMethod<object, Method>({
      name: "looking",
      paper: "https://example.org/looking",
      defaults: {},
      presets: {},
      create: () => ({
        ...create({}),
        loss: (_, context) => {
          seen.push(context.indices);
          return { loss: scalar(0), metrics: {} };
        },
      }),
    });
    const indices = Int32Array.of(4, 9);
    looking(() => encoder).loss({ size: 2, views: [], indices }, { collective: singleProcess } as StepContext);
    expect(seen).toEqual([indices]);
  });

  it("gives signals the batch's indices, and a context in which no statistics move; a method without signals has none", () => {
    const seen: StepContext[] = [];
    const showing = defineMethod<object, Method>({
      name: "showing",
      paper: "https://example.org/showing",
      defaults: {},
      presets: {},
      create: () => ({
        ...create({}),
        loss: (_, context) => {
          seen.push(context);
          return { loss: scalar(0), metrics: {} };
        },
        signals: (_, context) => {
          seen.push(context);
          return { uninformedLoss: () => Math.log(2) };
        },
      }),
    });
    const method = showing(() => encoder);
    const batch: ViewBatch = { size: 2, views: [], indices: Int32Array.of(4, 9) };
    const context = { training: true, collective: singleProcess, movesStatistics: true } as StepContext;
    expect(method.signals!(batch, context).uninformedLoss!(2)).toBe(Math.log(2));
    method.loss(batch, context);
    expect(seen).toEqual([{ ...context, indices: batch.indices, movesStatistics: false }, { ...context, indices: batch.indices }]);
    expect("signals" in create({})).toBe(false);
  });

  it("asks the method's own assertBatch before each loss", () => {
    const refusing = defineMethod<object, Method>({
      name: "refusing",
      paper: "https://example.org/refusing",
      defaults: {},
      presets: {},
      create: (encoders) => ({
        ...create({}),
        encoder: encoders("student"),
        assertBatch: (plan) => { assertViews("refusing", plan, { global: 1 }); },
      }),
    });
    const method = refusing(() => encoder);
    const batch = (size: number): ViewBatch => ({ size, views: [{ name: "global", images: undefined as never }], indices: new Int32Array(size) });
    const context = { collective: singleProcess } as StepContext;
    expect(() => method.loss(batch(1), context)).toThrow("[@ssl-vit/refusing] batchSize: expected at least 2 images, received 1.");
    expect(method.loss(batch(2), context).loss.dataSync()[0]).toBe(0);
  });

  it("asks the method's own check", () => {
    expect(() => create({ temperature: 0 })).toThrow("[@ssl-vit/toy] temperature: expected above 0, received 0.");
  });

  it("seeds the method, and is recognised as a factory", () => {
    const draw = (seed: number): unknown => create({ seed }).config["draw"];
    expect(draw(1)).toBe(draw(1));
    expect(draw(1)).not.toBe(draw(2));
    expect(isMethodFactory(toy)).toBe(true);
    expect(isMethodFactory(() => toy)).toBe(false);
  });
});
