import { pathToFileURL } from "node:url";
import { expectNoLeaks, nativeWhereBuilt, testBackends } from "@ssl-vit/testing";
import { vit, type VitOptions } from "@ssl-vit/vit";
import { dispose, getBackend, mul, type Rank, type Scalar, setBackend, sum, variableGrads } from "@tensorflow/tfjs-core";
import { afterAll, describe, expect, test } from "vitest";
import { loadEncoder } from "../src/load-encoder.js";
import { disposeVariables, goldenFolder, goldenTensor, largestOf, tensorsOf, variablesOf } from "./golden.js";

const native = await nativeWhereBuilt(() => import("@ssl-vit/backend-native"));
const before = getBackend();
afterAll(() => setBackend(before));

const models = ["hf-vit", "hf-vit-larger-image", "hf-vit-msn", "hf-ijepa", "hf-dinov2", "hf-dinov2-swiglu", "hf-dinov2-registers", "timm-vit", "timm-vit-rectangular", "timm-vit-registers-layerscale"];

describe.each(models)("%s", (name) => {
  const folder = goldenFolder(name);

  // Received: tokens within 7e-7 of the largest, gradients within 7e-7 of the tensor's largest.
  test.skipIf(folder === undefined).each(testBackends("cpu", ...native))("has the tokens and gradients of its library, on %s", async (backend) => {
    await setBackend(backend);
    const io = tensorsOf(`${folder!}/io.safetensors`);
    const encoder = await loadEncoder(folder!);
    const images = goldenTensor<Rank.R4>(io, "images");
    const tokens = encoder.encode(images);
    const expected = io["tokens"]!.data as Float32Array;
    expect(tokens.shape).toEqual(io["tokens"]!.shape);
    expect(tokens).toBeAllClose(expected, { absolute: 1e-5 * largestOf(expected), relative: 0 });

    const gradients = Object.keys(io).filter((key) => key.startsWith("grad."));
    if (gradients.length > 0) {
      const lossWeight = goldenTensor<Rank.R3>(io, "loss_weight");
      const variables = Object.entries(encoder.parameters);
      const { value, grads } = variableGrads(() => sum<Scalar>(mul(encoder.encode(images), lossWeight)), variables.map(([, variable]) => variable));
      expect(variables.map(([parameter]) => `grad.${parameter}`).sort()).toEqual(gradients.sort());
      for (const [parameter, variable] of variables) {
        const gradient = io[`grad.${parameter}`]!.data as Float32Array;
        expect(grads[variable.name]!, parameter).toBeAllClose(gradient, { absolute: 1e-5 * largestOf(gradient), relative: 0 });
      }
      dispose([value, lossWeight, grads]);
    }
    dispose([images, tokens]);
    disposeVariables(encoder);
  });
});

const vitFolder = goldenFolder("hf-vit");
const largerFolder = goldenFolder("hf-vit-larger-image");

test.skipIf(largerFolder === undefined)("imageSize: positions are resampled once, as the library does in flight", async () => {
  await setBackend("cpu");
  const io = tensorsOf(`${largerFolder!}/io.safetensors`);
  const encoder = await loadEncoder(largerFolder!, { imageSize: 48 });
  expect(encoder.layout).toMatchObject({ imageSize: [48, 48], gridSize: [6, 6] });
  expect(encoder.parameters["pos_embed"]!.shape).toEqual([1, 37, 48]);
  const expected = io["tokens"]!.data as Float32Array;
  expect(encoder.encode(goldenTensor<Rank.R4>(io, "images"))).toBeAllClose(expected, { absolute: 1e-5 * largestOf(expected), relative: 0 });
  const wide = await loadEncoder(largerFolder!, { imageSize: [16, 40] });
  expect(wide.parameters["pos_embed"]!.shape).toEqual([1, 11, 48]);
  await expect(loadEncoder(largerFolder!, { imageSize: 50 })).rejects.toThrow("imageSize: expected multiples of the model's patch size 8, received 50 x 50");
});

test.skipIf(vitFolder === undefined)("makes its variables and no other tensor", async () => {
  await setBackend("cpu");
  await expectNoLeaks(async () => { disposeVariables(await loadEncoder(vitFolder!, { imageSize: 48 })); });
});

test.skipIf(vitFolder === undefined)("takes a path with a slash behind, the model's file, and the file: address of the folder", async () => {
  const encoder = await loadEncoder(vitFolder!);
  for (const location of [`${vitFolder!}/`, `${vitFolder!}/model.safetensors`, pathToFileURL(vitFolder!).href]) {
    const same = await loadEncoder(location);
    expect(same.config, location).toEqual(encoder.config);
    expect(same.parameters["cls_token"]!, location).toBeAllClose(encoder.parameters["cls_token"]!, { absolute: 0 });
  }
});

test.skipIf(vitFolder === undefined)("is built again from its configuration", async () => {
  const encoder = await loadEncoder(vitFolder!);
  const again = vit(JSON.parse(JSON.stringify(encoder.config)) as VitOptions)("student");
  expect(again.config).toEqual(encoder.config);
  expect(Object.fromEntries(Object.entries(variablesOf(again)).map(([name, { shape }]) => [name, shape]))).toEqual(
    Object.fromEntries(Object.entries(variablesOf(encoder)).map(([name, { shape }]) => [name, shape])),
  );
});
