import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createRandom, type Encoder, singleProcess } from "@ssl-vit/core";
import { sincos2dPositions, vit, type VitOptions } from "@ssl-vit/vit";
import { add, mul, type Rank, tensor } from "@tensorflow/tfjs-core";
import { afterAll, describe, expect, test } from "vitest";
import { loadEncoder, type LoadEncoderOptions } from "../src/load-encoder.js";
import { loadMaskedAutoencoder } from "../src/load-masked-autoencoder.js";
import type { NamedValues } from "../src/variable-values.js";
import { variablesOf } from "./golden.js";
import { type Checkpoint, torchCheckpoint } from "./torch-checkpoint.js";

// The names are those of the authors' repositories: facebookresearch/{dino,dinov2,mae,moco-v3,msn,ijepa} and bytedance/ibot.

const random = createRandom(5);
const folder = mkdtempSync(join(tmpdir(), "ssl-vit-official-"));
afterAll(() => { rmSync(folder, { recursive: true }); });

const small: VitOptions = { imageSize: 24, patchSize: 8, embedDim: 64, depth: 1, numHeads: 2, mlpRatio: 2 };
const images = tensor<Rank.R4>(random.derive("images").normals(2 * 24 * 24 * 3), [2, 24, 24, 3]);

function shaken(options: VitOptions, seed: string): Encoder {
  const encoder = vit(options)("student");
  for (const [name, variable] of Object.entries(encoder.parameters)) {
    variable.assign(add(variable, mul(tensor(random.derive(seed).derive(name).normals(variable.size), variable.shape), 0.2)));
  }
  return encoder;
}

type Named = Readonly<Record<string, NamedValues>>;
const valuesOf = (shape: readonly number[], name = "more"): NamedValues => ({ shape, values: Float32Array.from(random.derive(name).normals(shape.reduce((a, b) => a * b, 1))) });
const namesOf = (encoder: Encoder): Named => Object.fromEntries(Object.entries(variablesOf(encoder)).map(([name, variable]) => [name, { shape: variable.shape, values: variable.dataSync() as Float32Array }]));
const renamed = (tensors: Named, rename: (name: string) => string): Named => Object.fromEntries(Object.entries(tensors).map(([name, value]) => [rename(name), value]));
const under = (prefix: string, tensors: Named): Named => renamed(tensors, (name) => prefix + name);

let count = 0;
function written(checkpoint: Checkpoint, extension = "pth"): string {
  const path = join(folder, `${count++}.${extension}`);
  writeFileSync(path, torchCheckpoint(checkpoint));
  return path;
}

const head: Named = { "head.mlp.0.weight": valuesOf([8, 64]), "head.last_layer.weight_g": valuesOf([8, 1]) };
const decoder: Named = {
  mask_token: valuesOf([1, 1, 32]),
  decoder_pos_embed: { shape: [1, 10, 32], values: sincos2dPositions({ gridSize: [3, 3], embedDim: 32, prefixTokens: 1 }) },
  "decoder_embed.weight": valuesOf([32, 64]),
  "decoder_embed.bias": valuesOf([32]),
  ...Object.fromEntries(
    Object.entries({ "norm1.weight": [32], "norm1.bias": [32], "attn.qkv.weight": [96, 32], "attn.qkv.bias": [96], "attn.proj.weight": [32, 32], "attn.proj.bias": [32], "norm2.weight": [32], "norm2.bias": [32], "mlp.fc1.weight": [64, 32], "mlp.fc1.bias": [64], "mlp.fc2.weight": [32, 64], "mlp.fc2.bias": [32] }).map(([name, shape]) => [`decoder_blocks.0.${name}`, valuesOf(shape, name)]),
  ),
  "decoder_norm.weight": valuesOf([32]),
  "decoder_norm.bias": valuesOf([32]),
  "decoder_pred.weight": valuesOf([192, 32]),
  "decoder_pred.bias": valuesOf([192]),
};

const plain = shaken(small, "teacher");
const student = shaken(small, "student");
const fixed = shaken({ ...small, positionEmbedding: "sincos2d" }, "fixed");
const moco = shaken({ ...small, embedDim: 96, numHeads: 12, positionEmbedding: "sincos2d" }, "moco");
const momentum = shaken({ ...small, embedDim: 96, numHeads: 12, positionEmbedding: "sincos2d" }, "momentum");
const patchesAlone = shaken({ ...small, clsToken: false, positionEmbedding: "sincos2d" }, "ijepa");
const scaled = shaken({ ...small, layerScale: 0.1 }, "ibot");
const registers = shaken({ ...small, registerTokens: 4, prefixPositions: "cls", layerScale: 1e-5, mlp: "swiglu", mlpRatio: 3 }, "dinov2");

const dinoTree: Checkpoint = {
  student: { ...under("module.backbone.", namesOf(student)), ...under("module.", head) },
  teacher: { ...under("backbone.", namesOf(plain)), ...head },
  optimizer: { state: { 0: { exp_avg: valuesOf([2]) } } },
  epoch: 100,
};
const msnTree: Checkpoint = {
  encoder: { ...under("module.", namesOf(student)), "module.fc.fc1.weight": valuesOf([8, 64]) },
  target_encoder: { ...under("module.", namesOf(plain)), "module.fc.fc1.weight": valuesOf([8, 64]), "module.pred.fc1.weight": valuesOf([8, 8]) },
  prototypes: valuesOf([16, 8]),
  epoch: 3,
};
const mocoTree: Checkpoint = {
  epoch: 300,
  state_dict: { ...under("module.base_encoder.", { ...namesOf(moco), "head.0.weight": valuesOf([8, 96]) }), ...under("module.momentum_encoder.", { ...namesOf(momentum), "head.0.weight": valuesOf([8, 96]) }), "module.predictor.0.weight": valuesOf([8, 8]) },
};
const ijepaTree: Checkpoint = {
  encoder: under("module.", namesOf(shaken({ ...small, clsToken: false, positionEmbedding: "sincos2d" }, "other"))),
  predictor: { "module.predictor_embed.weight": valuesOf([8, 64]), "module.mask_token": valuesOf([1, 1, 8]) },
  target_encoder: under("module.", namesOf(patchesAlone)),
  epoch: 1,
};

const files: [string, Checkpoint, Encoder, LoadEncoderOptions][] = [
  ["DINO's backbone", namesOf(plain), plain, {}],
  ["DINO's whole checkpoint: the teacher", dinoTree, plain, {}],
  ["DINO's student", dinoTree, student, { branch: "student" }],
  ["iBOT, with LayerScale and a mask token", { state_dict: { ...renamed(namesOf(scaled), (name) => name.replace(/ls(\d)\.gamma/, "gamma_$1")), masked_embed: valuesOf([1, 64]) } }, scaled, {}],
  ["MAE's encoder", { model: namesOf(fixed) }, fixed, {}],
  ["MAE with its decoder", { model: { ...namesOf(fixed), ...decoder } }, fixed, {}],
  ["MoCo v3: the base encoder, of 12 heads", mocoTree, moco, {}],
  ["MoCo v3's momentum encoder", mocoTree, momentum, { branch: "teacher" }],
  ["MSN: the target encoder", msnTree, plain, {}],
  ["MSN's other encoder", msnTree, student, { branch: "student" }],
  ["I-JEPA: the target encoder, without [CLS]", ijepaTree, patchesAlone, {}],
  ["DINOv2 with registers and SwiGLU", { ...renamed(namesOf(registers), (name) => name.replace("reg_token", "register_tokens").replace("mlp.fc1", "mlp.w12").replace("mlp.fc2", "mlp.w3")), mask_token: valuesOf([1, 64]) }, registers, {}],
];

test.each(files)("%s", async (_, checkpoint, expected, options) => {
  const loaded = await loadEncoder(written(checkpoint, count % 2 === 0 ? "pth" : "pth.tar"), options);
  expect(Object.keys(variablesOf(loaded)).sort()).toEqual(Object.keys(variablesOf(expected)).sort());
  expect(loaded.layout).toEqual(expected.layout);
  expect(loaded.encode(images)).toBeAllClose(expected.encode(images), { absolute: 0, relative: 0 });
});

test("which positions are fixed: those of MAE, MoCo v3 and I-JEPA", async () => {
  const isFixed = async (checkpoint: Checkpoint): Promise<boolean> => "pos_embed" in (await loadEncoder(written(checkpoint))).buffers;
  expect(await isFixed(mocoTree)).toBe(true);
  expect(await isFixed(ijepaTree)).toBe(true);
  expect(await isFixed({ model: { ...namesOf(fixed), ...decoder } })).toBe(true);
  // Of the encoder alone, as MAE publishes it, the values tell.
  expect(await isFixed({ model: namesOf(fixed) })).toBe(true);
  expect(await isFixed(dinoTree)).toBe(false);
});

test("MAE's file with the decoder is a masked autoencoder", async () => {
  const path = written({ model: { ...namesOf(fixed), ...decoder } });
  const model = await loadMaskedAutoencoder(path, { decoderHeads: 2 });
  expect(model).toMatchObject({ maskRatio: 0.75, normalizeTarget: false });
  expect(model.parameters["decoder_blocks.0.attn.qkv.weight"]!.dataSync()).toEqual(decoder["decoder_blocks.0.attn.qkv.weight"]!.values);
  expect(Object.keys(model.buffers)).toEqual(["encoder.pos_embed", "decoder_pos_embed"]);
  const noise = { values: Float32Array.from(random.derive("noise").uniforms(18)), shape: [2, 9] as const };
  const context = { training: true, random, collective: singleProcess };
  const { prediction, mask, loss } = model.forward(images, { noise, context });
  expect([prediction.shape, mask.shape, loss.shape]).toEqual([[2, 9, 192], [2, 9], []]);
  await expect(loadMaskedAutoencoder(written({ model: namesOf(fixed) }))).rejects.toThrow(/expected a decoder \(decoder_embed.weight\)/);
});

describe("what a file does not say, and what it is not", () => {
  const odd = shaken({ ...small, embedDim: 40, numHeads: 5 }, "odd");

  test("heads of an unknown width are asked for", async () => {
    const path = written(namesOf(odd));
    await expect(loadEncoder(path)).rejects.toThrow(/heads: expected a configuration that says how many, or a width of 64, 96, .*, received width 40\. Say it: loadEncoder\(folder, \{ numHeads \}\)/);
    const loaded = await loadEncoder(path, { numHeads: 5 });
    expect(loaded.encode(images)).toBeAllClose(odd.encode(images), { absolute: 0, relative: 0 });
  });

  test("a convolutional stem is another model", async () => {
    await expect(loadEncoder(written({ state_dict: { "module.base_encoder.patch_embed.proj.0.weight": valuesOf([8, 3, 3, 3]) } }))).rejects.toThrow(
      /expected a tensor patch_embed\.proj\.weight, received module\.base_encoder\.patch_embed\.proj\.0\.weight\. Its patches are embedded by several convolutions/,
    );
  });

  test("a branch that is not there, two encoders that could be meant, and no encoder at all", async () => {
    await expect(loadEncoder(written(namesOf(plain)), { branch: "student" })).rejects.toThrow(/branch: expected a student in .*, received the one without a prefix\. Leave branch out/);
    await expect(loadEncoder(written({ model: { ...under("a.", namesOf(plain)), ...under("b.", namesOf(student)) } }))).rejects.toThrow(/expected one encoder, received a\., b\.\. Say which by branch/);
    await expect(loadEncoder(written({ model: { "fc.weight": valuesOf([2, 2]) } }))).rejects.toThrow(/expected a tensor patch_embed\.proj\.weight, received 1 tensors: fc\.weight\. It holds no Vision Transformer/);
  });

  test("positions that are no square's", async () => {
    await expect(loadEncoder(written({ ...namesOf(plain), pos_embed: valuesOf([1, 8, 64]) }))).rejects.toThrow(/positions: expected those of a square grid of patches, .*, received 8 for 1 \[CLS\], 0 registers and the patches/);
  });

  test("unknown and missing names, in full and sorted", async () => {
    const others = Object.fromEntries(Object.entries(namesOf(plain)).filter(([name]) => !["norm.bias", "blocks.0.norm2.weight"].includes(name)));
    await expect(loadEncoder(written({ teacher: under("backbone.", { ...others, "blocks.0.attn.q_norm.weight": valuesOf([8]), dist_token: valuesOf([1, 1, 64]) }) }))).rejects.toThrow(
      "received missing: backbone.blocks.0.norm2.weight, backbone.norm.bias; unexpected: backbone.blocks.0.attn.q_norm.weight, backbone.dist_token.",
    );
  });
});
