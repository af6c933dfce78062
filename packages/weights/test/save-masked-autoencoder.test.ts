import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createRandom, prefixParameters } from "@ssl-vit/core";
import { createPatchDecoder, type PatchDecoderOptions, vit, type VitOptions } from "@ssl-vit/vit";
import { mul, ones, type Rank, tensor, variable } from "@tensorflow/tfjs-core";
import { afterAll, describe, expect, test } from "vitest";
import { decoderShapes } from "../src/decoder-shapes.js";
import { loadEncoder } from "../src/load-encoder.js";
import { loadMaskedAutoencoder } from "../src/load-masked-autoencoder.js";
import { type DecodedEncoder, maskedAutoencoderFiles } from "../src/masked-autoencoder-files.js";
import { saveMaskedAutoencoder } from "../src/save-masked-autoencoder.js";
import { disposeVariables, goldenFolder, tensorsOf } from "./golden.js";

const folder = mkdtempSync(join(tmpdir(), "ssl-vit-masked-"));
afterAll(() => { rmSync(folder, { recursive: true }); });
let count = 0;
const freshFolder = (): string => join(folder, String(count++));
const configIn = (path: string): Record<string, unknown> => JSON.parse(readFileSync(`${path}/config.json`, "utf8")) as Record<string, unknown>;

const small: VitOptions = { imageSize: 16, patchSize: 8, embedDim: 16, depth: 2, numHeads: 2, mlpRatio: 2, positionEmbedding: "sincos2d" };

/** An encoder with a decoder of three blocks, as `saveMaskedAutoencoder` takes it. */
function masked(options: VitOptions = small): DecodedEncoder {
  const encoder = vit(options)("student");
  const { gridSize, hasClsToken, registerTokens, patchSize, channels } = encoder.layout;
  const prefixTokens = Number(hasClsToken) + registerTokens;
  const decoder = createPatchDecoder(createRandom(2), { inputDim: 16, dim: 8, depth: 3, numHeads: 2, mlpRatio: 3, gridSize, prefixTokens, outputDim: patchSize ** 2 * channels });
  const parameters = { ...prefixParameters({ encoder: encoder.parameters }), ...decoder.parameters };
  return { encoder, parameters, buffers: { ...prefixParameters({ encoder: encoder.buffers }), ...decoder.buffers }, decoderHeads: 2, maskRatio: 0.5, normalizeTarget: false };
}

describe.each(["hf-vit-mae", "hf-vit-mae-normpix"])("%s", (name) => {
  const golden = goldenFolder(name);

  test.skipIf(golden === undefined)("goes out as it came in: the same names, shapes and bytes, and the same configuration", async () => {
    const path = freshFolder();
    const model = await loadMaskedAutoencoder(golden!);
    await saveMaskedAutoencoder(model, path);
    disposeVariables(model);
    expect(tensorsOf(`${path}/model.safetensors`)).toEqual(tensorsOf(`${golden!}/model.safetensors`));
    const [there, before] = [configIn(path), configIn(golden!)];
    for (const key of Object.keys(before).filter((one) => one in there && !/^(torch_dtype|dtype|transformers_version)$/.test(one))) expect(there[key], key).toEqual(before[key]);
    for (const key of ["decoder_hidden_size", "decoder_num_hidden_layers", "decoder_num_attention_heads", "decoder_intermediate_size", "mask_ratio", "norm_pix_loss", "layer_norm_eps", "qkv_bias"]) expect(there).toHaveProperty(key);
  });
});

test.each([
  ["fixed positions", small],
  ["learned positions", { ...small, positionEmbedding: "learned" }],
  ["no position of [CLS]", { ...small, prefixPositions: false }],
] as const)("a trained one comes back with the same bytes and configuration: %s", async (_, options) => {
  const path = freshFolder();
  const model = masked(options);
  for (const variable of Object.values(model.parameters)) variable.assign(tensor(createRandom(3).derive(variable.name).normals(variable.size), variable.shape));
  await saveMaskedAutoencoder(model, path, { preprocessing: { mean: [0.1, 0.2, 0.3], std: [1, 1, 1] } });
  const back = await loadMaskedAutoencoder(path);
  expect(back).toMatchObject({ decoderHeads: 2, decoderEpsilon: 1e-6, maskRatio: 0.5, normalizeTarget: false });
  expect(back.encoder.config).toEqual(model.encoder.config);
  for (const [name, variable] of Object.entries({ ...model.parameters, ...model.buffers })) {
    expect({ ...back.parameters, ...back.buffers }[name]!.dataSync(), name).toEqual(variable.dataSync());
  }
  const encoder = await loadEncoder(path);
  const images = tensor<Rank.R4>(createRandom(4).normals(2 * 16 * 16 * 3), [2, 16, 16, 3]);
  expect(encoder.encode(images).dataSync()).toEqual(model.encoder.encode(images).dataSync());
  expect(readFileSync(`${path}/README.md`, "utf8")).toMatch(/ViTMAEForPreTraining\.from_pretrained\("FOLDER"\)[^]*mask and shuffle the patches/);
  disposeVariables(model);
  disposeVariables(back);
  disposeVariables(encoder);
});

test.each([
  [{ ...small, registerTokens: 2 }, "received registers."],
  [{ ...small, clsToken: false }, "received no [CLS] token."],
  [{ ...small, layerScale: 1, mlp: "swiglu" }, "received LayerScale; SwiGLU."],
  [{ ...small, layerNormEpsilon: 1e-12 }, "received an encoder with ε 1e-12 and a decoder with 0.000001."],
  [{ ...small, qkvBias: false }, "received biases of queries, keys and values in the decoder alone."],
] satisfies readonly [VitOptions, string][])("refuses what the class has no words for: %j", async (options, message) => {
  const model = masked(options);
  await expect(saveMaskedAutoencoder(model, freshFolder())).rejects.toThrow(`masked autoencoder: expected one that transformers' ViTMAEForPreTraining can be, ${message}`);
  disposeVariables(model);
});

/** The same with other tensors of the decoder. */
const withDecoder = (changes: Partial<PatchDecoderOptions>): DecodedEncoder => {
  const { layout } = masked().encoder;
  const decoder = createPatchDecoder(createRandom(2), { inputDim: 16, dim: 8, depth: 3, numHeads: 2, mlpRatio: 3, gridSize: layout.gridSize, prefixTokens: 1, outputDim: 192, ...changes });
  return { ...masked(), parameters: decoder.parameters, buffers: decoder.buffers };
};

test.each([
  ["of an encoder of another width", () => withDecoder({ inputDim: 12 }), "missing: none; unexpected or of another shape: decoder_embed.weight [8, 12] in place of [8, 16]."],
  ["of another grid", () => withDecoder({ gridSize: [4, 4] }), "missing: none; unexpected or of another shape: decoder_pos_embed [1, 17, 8] in place of [1, 5, 8]."],
  ["of patches of other pixels", () => withDecoder({ outputDim: 5 }), "missing: none; unexpected or of another shape: decoder_pred.bias [5] in place of [192], decoder_pred.weight [5, 8] in place of [192, 8]."],
  ["without its last layer's weight", () => without("decoder_pred.weight"), "missing: decoder_pred.weight; unexpected or of another shape: none."],
  ["with LayerScale", () => ({ ...masked(), parameters: { ...masked().parameters, "decoder_blocks.0.ls1.gamma": variable(ones([8])) } }), "missing: none; unexpected or of another shape: decoder_blocks.0.ls1.gamma."],
])("refuses a decoder %s, which would not load, and writes nothing", async (_, make, received) => {
  const path = freshFolder();
  await expect(saveMaskedAutoencoder(make(), path)).rejects.toThrow(`masked autoencoder: expected the tensors of a decoder of this encoder, no more and no fewer, received ${received}`);
  expect(existsSync(path)).toBe(false);
});

const without = (name: string): DecodedEncoder => {
  const model = masked();
  return { ...model, parameters: Object.fromEntries(Object.entries(model.parameters).filter(([one]) => one !== name)) };
};

test.each<[Partial<Record<keyof DecodedEncoder, unknown>>, string]>([
  [{ decoderHeads: 3 }, "decoderHeads: expected a divisor of the decoder's width 8, received 3."],
  [{ decoderHeads: NaN }, "decoderHeads: expected a divisor of the decoder's width 8, received NaN."],
  [{ decoderHeads: -2 }, "decoderHeads: expected a divisor of the decoder's width 8, received -2."],
  [{ maskRatio: 0 }, "maskRatio: expected a number in (0, 1) that leaves at least one of 4 patches visible and one masked, received 0."],
  [{ maskRatio: 7 }, "patches visible and one masked, received 7."],
  [{ maskRatio: NaN }, "patches visible and one masked, received NaN."],
  [{ maskRatio: "0.5" }, 'maskRatio: expected a number, received "0.5".'],
  [{ normalizeTarget: 1 }, "normalizeTarget: expected true or false, received 1."],
  [{ parameters: undefined, buffers: undefined, decoderHeads: undefined }, "masked autoencoder: expected encoder, parameters, buffers, decoderHeads, maskRatio and normalizeTarget, received one without parameters, buffers, decoderHeads. loadMaskedAutoencoder gives all of them"],
  [{ encoder: {} }, "encoder: expected a Vision Transformer that vit or loadEncoder made, received something else."],
])("refuses %j, which would not come back", async (change, message) => {
  const path = freshFolder();
  await expect(saveMaskedAutoencoder({ ...masked(), ...change } as DecodedEncoder, path)).rejects.toThrow(message);
  expect(existsSync(path)).toBe(false);
});

test("knows the tensors of a decoder before one is made", () => {
  for (const [options, sizes] of [[small, { dim: 8, depth: 3, hiddenDim: 24, qkvBias: true }], [{ ...small, registerTokens: 2 }, { dim: 8, depth: 3, hiddenDim: 24, qkvBias: true }]] as const) {
    const { encoder, parameters, buffers } = masked(options);
    const made = Object.entries({ ...parameters, ...buffers }).filter(([name]) => !name.startsWith("encoder."));
    expect(decoderShapes(encoder.layout, sizes)).toEqual(new Map(made.map(([name, { shape }]) => [name, shape])));
  }
});

test("the card says what it is for, and what its decoder is", async () => {
  const card = (await maskedAutoencoderFiles({ ...masked(), normalizeTarget: true })).get("README.md") as string;
  expect(card).not.toContain("pipeline_tag");
  expect(card).not.toContain("for search, clustering");
  expect(card).toContain("after the final norm. Behind it a decoder of 3 blocks, width 8, 2 heads, which predicts the pixels of every patch, normalised by the patch's own mean and deviation, where 0.5 of the patches are masked.");
  expect(card).toContain("## Use\nPictures of what is masked, and training that goes on. Features of images come from the export of the encoder alone.");
  expect(card).toContain("pixels.var(-1, keepdim=True)");
  const plain = (await maskedAutoencoderFiles(masked())).get("README.md") as string;
  expect(plain).toContain("pictures = model.unpatchify(output.logits)");
});

test("refuses a model without a decoder, numbers that are not finite, and a folder that is taken", async () => {
  const model = masked();
  const path = freshFolder();
  await expect(saveMaskedAutoencoder({ ...model, parameters: model.encoder.parameters }, path)).rejects.toThrow("expected a decoder with decoder_embed.weight, received one without");
  await saveMaskedAutoencoder(model, path);
  await expect(saveMaskedAutoencoder(model, path)).rejects.toThrow("expected one that is not there yet, or empty");
  await saveMaskedAutoencoder(model, path, { overwrite: true, dtype: "F16" });
  const bias = model.parameters["decoder_embed.bias"]!;
  const broken = mul(bias, NaN);
  bias.assign(broken);
  await expect(saveMaskedAutoencoder(model, path, { overwrite: true })).rejects.toThrow("decoder: decoder_embed.bias: expected finite numbers, received NaN");
  broken.dispose();
  disposeVariables(model);
});
