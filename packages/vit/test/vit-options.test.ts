import { ConfigError } from "@ssl-vit/core";
import { describe, expect, test } from "vitest";
import { vit, type VitOptions, vitSizes } from "../src/index.js";

const pico = { size: "pico" } as const;

test("an unknown option is refused by its nearest name", () => {
  expect(() => vit({ patchsize: 4 } as VitOptions)).toThrow('[@ssl-vit/vit] Unknown option "patchsize". Did you mean "patchSize"?');
  expect(() => vit({ layerscale: 1 } as VitOptions)).toThrow('Did you mean "layerScale"?');
  expect(() => vit({ somethingElseAltogether: 1 } as VitOptions)).toThrow("Options: size, imageSize");
});

describe("a value that cannot work is refused by the option's name", () => {
  const cases: [Record<string, unknown>, RegExp][] = [
    [{ size: "medium" }, /size: expected one of pico, .*, received medium/],
    [{ imageSize: 30 }, /imageSize: expected multiples of patchSize 4, received 30 x 30/],
    [{ imageSize: [32, 30] }, /imageSize: .*received 32 x 30/],
    [{ imageSize: 0 }, /imageSize/],
    [{ patchSize: 2.5 }, /patchSize: expected a positive integer, received 2.5/],
    [{ depth: 0 }, /depth/],
    [{ embedDim: 50 }, /numHeads: expected a divisor of embedDim 50, received 3/],
    [{ embedDim: 30, positionEmbedding: "sincos2d" }, /embedDim: expected a multiple of 4/],
    [{ positionEmbedding: "rope" }, /positionEmbedding: expected one of learned, sincos2d/],
    [{ initialization: "jax" }, /initialization: expected one of timm, mae, moco, zeros/],
    [{ mlp: "relu" }, /mlp: expected one of gelu, swiglu, received relu/],
    [{ prefixPositions: "registers" }, /prefixPositions: expected one of true, false, cls, received registers/],
    [{ positionInterpolation: "bilinear" }, /positionInterpolation: expected one of antialias, plain, received bilinear/],
    [{ registerTokens: -1 }, /registerTokens/],
    [{ dropPathRate: 1 }, /dropPathRate/],
    [{ layerScale: 0 }, /layerScale: expected a positive number, received 0/],
    [{ mlpRatio: NaN }, /mlpRatio/],
  ];
  test.each(cases)("%o", (options, message) => {
    expect(() => vit(options as VitOptions)).toThrow(message);
    expect(() => vit(options as VitOptions)).toThrow(ConfigError);
  });
});

test("undefined means the default", () => {
  const { config } = vit({ ...pico, patchSize: undefined } as unknown as VitOptions)("student");
  expect(config["patchSize"]).toBe(4);
});

test("numbers given beside a size override it", () => {
  const { layout } = vit({ ...pico, depth: 1, mlpRatio: 2 })("student");
  expect(layout).toMatchObject({ embedDim: vitSizes.pico.embedDim, depth: 1, numHeads: 2, mlpRatio: 2 });
});

test.each([
  ["pico", 0.3],
  ["nano", 0.9],
  ["micro", 2],
  ["tiny", 5.4],
] as const)("%s has the number of parameters that its documentation says", (size, millions) => {
  const { parameters } = vit({ size })("student");
  const count = Object.values(parameters).reduce((total, { size: values }) => total + values, 0);
  expect(count / 1e6).toBeAllClose(millions, { relative: 0.03 });
  for (const variable of Object.values(parameters)) variable.dispose();
});
