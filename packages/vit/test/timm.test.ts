import "@tensorflow/tfjs-backend-wasm";
import { nativeWhereBuilt, testBackends } from "@ssl-vit/testing";
import { dispose, getBackend, mul, type Rank, type Scalar, setBackend, sum, variableGrads } from "@tensorflow/tfjs-core";
import { afterAll, describe, expect, test } from "vitest";
import { vit, type VitOptions } from "../src/index.js";
import { assignWeights, goldenModel, type GoldenModel, goldenTensor } from "./golden.js";

const native = await nativeWhereBuilt(() => import("@ssl-vit/backend-native"));
const before = getBackend();
afterAll(() => setBackend(before));

/** timm's names for our options. */
function optionsOf(config: GoldenModel["config"]): VitOptions {
  const { img_size, patch_size, embed_dim, depth, num_heads, qkv_bias, reg_tokens, init_values, no_embed_class } = config;
  return {
    imageSize: img_size as number | [number, number],
    patchSize: patch_size as number,
    embedDim: embed_dim as number,
    depth: depth as number,
    numHeads: num_heads as number,
    qkvBias: (qkv_bias ?? true) as boolean,
    registerTokens: (reg_tokens ?? 0) as number,
    prefixPositions: no_embed_class !== true,
    ...(init_values === undefined ? {} : { layerScale: init_values as number }),
  };
}

describe.each(["timm-vit", "timm-vit-registers-layerscale", "timm-vit-rectangular"])("%s", (name) => {
  const golden = goldenModel(name);

  // Received: tokens within 2e-6, gradients within 1e-6 of the tensor's largest.
  test.skipIf(golden === undefined).each(testBackends("cpu", "wasm", ...native))("has timm's parameters, tokens and gradients, on %s", async (backend) => {
    await setBackend(backend);
    const { config, weights, io } = golden!;
    const encoder = vit(optionsOf(config))("student");
    assignWeights(encoder, weights);
    const images = goldenTensor<Rank.R4>(io, "images");
    const lossWeight = goldenTensor<Rank.R3>(io, "loss_weight");

    const tokens = encoder.encode(images);
    expect(tokens.shape).toEqual(io["tokens"]!.shape);
    expect(tokens).toBeAllClose(io["tokens"]!.data as Float32Array, { absolute: 1e-5, relative: 0 });

    const variables = Object.entries(encoder.parameters);
    const { grads } = variableGrads(
      () => sum<Scalar>(mul(encoder.encode(images), lossWeight)),
      variables.map(([, variable]) => variable),
    );
    const expectedNames = Object.keys(io).filter((key) => key.startsWith("grad."));
    expect(variables.map(([parameter]) => `grad.${parameter}`).sort()).toEqual(expectedNames.sort());
    for (const [parameter, variable] of variables) {
      const expected = io[`grad.${parameter}`]!.data as Float32Array;
      const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      expect(grads[variable.name]!, parameter).toBeAllClose(expected, { absolute: 1e-5 * largest, relative: 0 });
    }
    dispose([images, lossWeight, tokens, ...Object.values(grads), ...variables.map(([, variable]) => variable)]);
  });
});
