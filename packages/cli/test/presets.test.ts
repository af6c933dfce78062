import { disposeMethod, planBatch, singleProcess } from "@ssl-vit/core";
import { createOptimizer } from "@ssl-vit/optim";
import { vit } from "@ssl-vit/vit";
import { describe, expect, it } from "vitest";
import { installedMethods } from "../src/load-method.js";
import { resolveSettings } from "../src/resolve-settings.js";

const methods = await installedMethods();
const presets = methods.flatMap(({ factory }) => Object.keys(factory.presets).map((preset) => [factory.methodName, preset, factory] as const));

/** A paper's networks have up to a billion weights: the same with narrow ones. Names of parameters, and what is refused, stay. */
const narrowEncoder = { embedDim: 48, depth: 6, numHeads: 4 };
const narrow = (options: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(options).map(([name, value]) => [name, /Dim$|^prototypes$/.test(name) && value !== 0 ? 16 : value]));

describe("every preset of every method that comes with the command", () => {
  it("is found", () => {
    const names = ["simclr", "moco", "byol", "simsiam", "barlow-twins", "vicreg", "lejepa", "swav", "msn", "dino", "dinov2", "ibot", "mae", "simmim", "data2vec", "ijepa", "cmae"];
    expect(methods.map(({ factory }) => factory.methodName).sort()).toEqual(names.sort());
    for (const { factory } of methods) expect(Object.keys(factory.presets)).toEqual(expect.arrayContaining(["paper", "small"]));
  });

  it.each(presets)("%s: %s can be trained: its encoder, its options, its batch and its optimizer are accepted", async (_, preset, factory) => {
    const { model, method: options, optimizer: recipe, batchSize } = await resolveSettings(factory, { preset });
    vit(model); // as it is; makes no weights yet
    const method = factory(vit({ ...model, ...narrowEncoder }), narrow({ ...factory.defaults, ...options }));
    method.assertBatch?.(planBatch(method.views, batchSize, singleProcess));
    // Refuses a group that matches no parameter, and layer decay without layers.
    createOptimizer(recipe, method.trainable, { batchSize }).dispose();
    disposeMethod(method);
  });
});
