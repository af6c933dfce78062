import { createOptimizer } from "@ssl-vit/optim";
import { vit } from "@ssl-vit/vit";
import { dispose, variable, zeros } from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { installedMethods } from "../src/load-method.js";
import { resolveSettings } from "../src/resolve-settings.js";

const methods = await installedMethods();
const presets = methods.flatMap(({ factory }) => Object.keys(factory.presets).map((preset) => [factory.methodName, preset, factory] as const));

describe("every preset of every method that comes with the command", () => {
  it("is found", () => {
    expect(methods.map(({ factory }) => factory.methodName)).toEqual(expect.arrayContaining(["simclr", "barlow-twins", "vicreg", "lejepa", "swav", "dino", "mae"]));
    for (const { factory } of methods) expect(Object.keys(factory.presets)).toContain("small");
  });

  it.each(presets)("%s: %s can be trained: its encoder, its options and its optimizer are accepted", async (_, preset, factory) => {
    const { model, method, optimizer, batchSize } = await resolveSettings(factory, { preset });
    const encoders = vit(model);
    // A group that matches no parameter is refused: one of each for it.
    const names = ["encoder.norm.bias", ...(optimizer.groups ?? []).map(({ match }) => `${match}weight`)];
    const parameters = Object.fromEntries(names.map((name) => [name, variable(zeros([1]))]));
    createOptimizer(optimizer, parameters, { batchSize }).dispose();
    dispose(parameters);
    // A method checks its options before it asks for an encoder. That is where this stops: some are large.
    const asked = new Error("asked for an encoder");
    expect(() => factory(() => { throw asked; }, method)).toThrow(asked);
    expect(typeof encoders).toBe("function");
  });
});
