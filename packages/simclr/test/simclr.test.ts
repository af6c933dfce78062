import { methodVariables } from "@ssl-vit/core";
import { testMethod } from "@ssl-vit/testing";
import { vit } from "@ssl-vit/vit";
import { describe, expect, it } from "vitest";
import { simclr } from "../src/index.js";

const encoders = vit({ imageSize: 8, patchSize: 4, embedDim: 12, depth: 2, numHeads: 2 });

testMethod(simclr, { encoders, options: { outputDim: 8, temperature: 0.5 } });

describe("simclr as in model_util.py", () => {
  const method = simclr(encoders, { outputDim: 8 });

  it("has a projector without biases whose last norm has no shift", () => {
    const projector = [...methodVariables(method)].filter(([name]) => name.startsWith("projector.")).map(([name, { shape }]) => [name, shape]);
    expect(Object.fromEntries(projector)).toEqual({
      "projector.0.weight": [12, 12],
      "projector.0.norm.weight": [12],
      "projector.0.norm.bias": [12],
      "projector.0.norm.running_mean": [12],
      "projector.0.norm.running_var": [12],
      "projector.1.weight": [12, 12],
      "projector.1.norm.weight": [12],
      "projector.1.norm.bias": [12],
      "projector.1.norm.running_mean": [12],
      "projector.1.norm.running_var": [12],
      "projector.2.weight": [8, 12],
      "projector.2.norm.weight": [8],
      "projector.2.norm.running_mean": [8],
      "projector.2.norm.running_var": [8],
    });
  });

  it("scales the color jitter by its strength and can leave the blur out", () => {
    const [group] = simclr(encoders, { jitterStrength: 0.5, blur: false }).views.groups;
    expect(group).toMatchObject({ name: "global", count: 2, size: 8 });
    expect(group!.operations.map(({ kind }) => kind)).toEqual(["randomResizedCrop", "horizontalFlip", "colorJitter", "grayscale"]);
    expect(group!.operations[2]).toMatchObject({ brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.1, probability: 0.8 });
  });

  it.each([
    [{ projectorLayers: 0 }, "projectorLayers: expected a whole number of at least 1, received 0."],
    [{ outputDim: 1.5 }, "outputDim: expected a whole number of at least 1, received 1.5."],
  ])("refuses %j", (wrong, message) => {
    expect(() => simclr(encoders, wrong)).toThrow(message);
  });

  it("refuses an encoder that is not square", () => {
    expect(() => simclr(vit({ imageSize: [8, 16], embedDim: 12, depth: 1, numHeads: 2 }))).toThrow("imageSize: expected a square encoder, since views are square, received 8 × 16.");
  });

  it("refuses a temperature of 0", () => {
    expect(() => simclr(encoders, { temperature: 0 })).toThrow("[@ssl-vit/simclr] temperature: expected a number above 0, received 0.");
  });
});
