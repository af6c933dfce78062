import { createRandom, type Encoder, type ForwardContext, ShapeError, singleProcess } from "@ssl-vit/core";
import { expectNoLeaks } from "@ssl-vit/testing";
import {
  add,
  concat,
  dispose,
  div,
  grad,
  moments,
  mul,
  type Rank,
  reshape,
  type Scalar,
  slice,
  sqrt,
  sub,
  sum,
  type Tensor,
  tensor,
  tensor1d,
  tensor2d,
  type Tensor4D,
  variableGrads,
} from "@tensorflow/tfjs-core";
import { describe, expect, test } from "vitest";
import { sincos2dPositions, vit, type VitOptions } from "../src/index.js";

const small: VitOptions = { imageSize: 8, patchSize: 4, embedDim: 8, depth: 3, numHeads: 2, mlpRatio: 2 };
const random = createRandom(11);
const imagesOf = (height: number, width = height): Tensor4D =>
  tensor<Rank.R4>(random.derive("images", height, width).normals(2 * height * width * 3), [2, height, width, 3]);
const images = imagesOf(8);
const training: ForwardContext = { training: true, random: random.derive("step"), collective: singleProcess };

/** Fresh start weights are so small that a mistake would hide in them. */
function shaken(options: VitOptions): Encoder {
  const encoder = vit(options)("student");
  for (const [name, variable] of Object.entries(encoder.parameters)) {
    variable.assign(add(variable, mul(tensor(random.derive(name).normals(variable.size), variable.shape), 0.2)));
  }
  return encoder;
}

describe("layout and parameters", () => {
  test("every sequence of tokens has timm's length and order", () => {
    const withAll = shaken({ ...small, registerTokens: 2 });
    expect(withAll.encode(images).shape).toEqual([2, 1 + 2 + 4, 8]);
    expect(Object.keys(withAll.parameters).slice(0, 5)).toEqual([
      "cls_token",
      "reg_token",
      "pos_embed",
      "patch_embed.proj.weight",
      "patch_embed.proj.bias",
    ]);
    expect(withAll.parameters["pos_embed"]!.shape).toEqual([1, 7, 8]);
    expect(shaken({ ...small, registerTokens: 2, prefixPositions: false }).parameters["pos_embed"]!.shape).toEqual([1, 4, 8]);
    const patchesAlone = shaken({ ...small, clsToken: false });
    expect(patchesAlone.encode(images).shape).toEqual([2, 4, 8]);
    expect(patchesAlone.layout).toEqual({
      imageSize: [8, 8],
      patchSize: 4,
      channels: 3,
      gridSize: [2, 2],
      embedDim: 8,
      depth: 3,
      numHeads: 2,
      mlpRatio: 2,
      hasClsToken: false,
      registerTokens: 0,
    });
  });

  test("config is plain data that builds the same encoder", () => {
    const first = vit({ ...small, imageSize: [8, 12], layerScale: 0.1, seed: 3 })("student");
    const second = vit(JSON.parse(JSON.stringify(first.config)) as VitOptions)("student");
    expect(second.config).toEqual(first.config);
    const wide = imagesOf(8, 12);
    expect(second.encode(wide)).toBeAllClose(first.encode(wide), { absolute: 0 });
  });

  test("both calls of a factory start alike, with variables of their own; another seed starts elsewhere", () => {
    const factory = vit(small);
    const [student, teacher] = [factory("student"), factory("teacher")];
    for (const [name, variable] of Object.entries(student.parameters)) {
      expect(teacher.parameters[name]!, name).not.toBe(variable);
      expect(teacher.parameters[name]!, name).toBeAllClose(variable, { absolute: 0 });
    }
    const other = vit({ ...small, seed: 1 })("student");
    expect([...other.parameters["cls_token"]!.dataSync()]).not.toEqual([...student.parameters["cls_token"]!.dataSync()]);
  });
});

describe("start weights", () => {
  const statistics = (encoder: Encoder, name: string): { std: number; largest: number } => {
    const values = [...encoder.parameters[name]!.dataSync()];
    return {
      std: Math.sqrt(values.reduce((total, value) => total + value ** 2, 0) / values.length),
      largest: values.reduce((most, value) => Math.max(most, Math.abs(value)), 0),
    };
  };
  const wide: VitOptions = { imageSize: 32, patchSize: 4, embedDim: 192, depth: 1, numHeads: 3, registerTokens: 8, layerScale: 0.1 };

  test("timm's: linear 0.02, the convolution PyTorch's own, tokens 1e-6", () => {
    const encoder = vit(wide)("student");
    for (const name of ["blocks.0.attn.qkv.weight", "blocks.0.mlp.fc2.weight", "pos_embed"]) {
      expect(statistics(encoder, name).std, name).toBeAllClose(0.02, { relative: 0.03 });
    }
    const bound = 1 / Math.sqrt(48);
    expect(statistics(encoder, "patch_embed.proj.weight").std).toBeAllClose(bound / Math.sqrt(3), { relative: 0.03 });
    for (const name of ["patch_embed.proj.weight", "patch_embed.proj.bias"]) {
      expect(statistics(encoder, name).largest, name).toBeLessThanOrEqual(Math.fround(bound));
      expect(statistics(encoder, name).largest, name).toBeGreaterThan(0.9 * bound);
    }
    expect(statistics(encoder, "cls_token").std).toBeAllClose(1e-6, { relative: 0.3 });
    expect(statistics(encoder, "reg_token").std).toBeAllClose(1e-6, { relative: 0.1 });
    expect(encoder.parameters["blocks.0.attn.qkv.bias"]!).toBeAllClose(new Float32Array(576), { absolute: 0 });
    expect(encoder.parameters["blocks.0.ls1.gamma"]!).toBeAllClose(new Float32Array(192).fill(0.1), { absolute: 0 });
    expect(encoder.parameters["norm.weight"]!).toBeAllClose(new Float32Array(192).fill(1), { absolute: 0 });
  });

  test("MAE's: xavier for linear and for the flattened kernel, tokens 0.02", () => {
    const encoder = vit({ ...wide, initialization: "mae" })("student");
    const bounds = { "blocks.0.attn.qkv.weight": 192 + 576, "blocks.0.mlp.fc1.weight": 192 + 768, "patch_embed.proj.weight": 48 + 192 };
    for (const [name, sides] of Object.entries(bounds)) {
      const bound = Math.sqrt(6 / sides);
      const { std, largest } = statistics(encoder, name);
      expect(std, name).toBeAllClose(bound / Math.sqrt(3), { relative: 0.03 });
      expect(largest, name).toBeLessThanOrEqual(Math.fround(bound));
    }
    expect(statistics(encoder, "cls_token").std).toBeAllClose(0.02, { relative: 0.3 });
    expect(statistics(encoder, "reg_token").std).toBeAllClose(0.02, { relative: 0.1 });
  });

  test("MoCo v3's: xavier for queries, keys and values each, for linear and for the flattened kernel, no bias, [CLS] 1e-6", () => {
    const encoder = vit({ ...wide, initialization: "moco" })("student");
    const bounds = { "blocks.0.attn.qkv.weight": 192 + 192, "blocks.0.attn.proj.weight": 192 + 192, "blocks.0.mlp.fc1.weight": 192 + 768, "patch_embed.proj.weight": 48 + 192 };
    for (const [name, sides] of Object.entries(bounds)) {
      const bound = Math.sqrt(6 / sides);
      const { std, largest } = statistics(encoder, name);
      expect(std, name).toBeAllClose(bound / Math.sqrt(3), { relative: 0.03 });
      expect(largest, name).toBeLessThanOrEqual(Math.fround(bound));
    }
    expect(encoder.parameters["patch_embed.proj.bias"]!).toBeAllClose(new Float32Array(192), { absolute: 0 });
    expect(statistics(encoder, "cls_token").std).toBeAllClose(1e-6, { relative: 0.3 });
  });

  test("sincos2d positions are a buffer with zeros for [CLS], not a parameter", () => {
    const encoder = vit({ ...small, positionEmbedding: "sincos2d" })("student");
    expect(encoder.parameters).not.toHaveProperty("pos_embed");
    expect(encoder.buffers["pos_embed"]!.shape).toEqual([1, 5, 8]);
    expect(encoder.buffers["pos_embed"]!).toBeAllClose(sincos2dPositions({ gridSize: [2, 2], embedDim: 8, prefixTokens: 1 }), {
      absolute: 0,
    });
  });
});

test("zeros: every weight of a layer starts at 0, norms as ever", () => {
  const { parameters } = vit({ ...small, registerTokens: 1, initialization: "zeros" })("student");
  const { pos_embed: positions, ...others } = parameters;
  expect(positions!.shape).toEqual([1, 6, 8]);
  for (const [name, variable] of Object.entries(others)) expect(variable, name).toBeAllClose(new Float32Array(variable.size).fill(/norm\d?\.weight$/.test(name) ? 1 : 0), { absolute: 0 });
});

test("what a configuration says only where it is not the default, so that older ones are the same", () => {
  expect(Object.keys(vit(small)("student").config)).not.toEqual(expect.arrayContaining(["mlp"]));
  expect(Object.keys(vit({ ...small, mlp: "gelu", positionInterpolation: "antialias" })("student").config)).toEqual(Object.keys(vit(small)("student").config));
  expect(vit({ ...small, mlp: "swiglu", positionInterpolation: "plain" })("student").config).toMatchObject({ mlp: "swiglu", positionInterpolation: "plain" });
});

test("prefixPositions cls: [CLS] alone has a position, registers none", () => {
  const options = { ...small, registerTokens: 2 };
  const encoder = shaken({ ...options, prefixPositions: "cls" });
  const positions = encoder.parameters["pos_embed"]!;
  expect(positions.shape).toEqual([1, 5, 8]);
  const all = shaken(options);
  for (const [name, variable] of Object.entries(encoder.parameters)) if (name !== "pos_embed") all.parameters[name]!.assign(variable);
  const [cls, patches] = [slice(positions, [0, 0, 0], [1, 1, 8]), slice(positions, [0, 1, 0], [1, 4, 8])];
  all.parameters["pos_embed"]!.assign(concat([cls, tensor(new Float32Array(16), [1, 2, 8]), patches], 1));
  expect(encoder.encode(images)).toBeAllClose(all.encode(images), { absolute: 0 });
  const gradientOf = (of: Encoder): Tensor => variableGrads(() => sum<Scalar>(mul(of.encode(images), tensor(random.derive("weights").normals(2 * 7 * 8), [2, 7, 8]))), [of.parameters["pos_embed"]!]).grads[of.parameters["pos_embed"]!.name]!;
  const [received, expected] = [gradientOf(encoder), gradientOf(all)];
  expect(received).toBeAllClose(concat([slice(expected, [0, 0, 0], [1, 1, 8]), slice(expected, [0, 3, 0], [1, 4, 8])], 1), { absolute: 1e-5 });
});

describe("between the two halves", () => {
  test("encode is encodeTokens of embedPatches, and a subset of the patches can be encoded", () => {
    const encoder = shaken(small);
    const patches = encoder.embedPatches(images);
    expect(patches.shape).toEqual([2, 4, 8]);
    expect(encoder.encodeTokens(patches)).toBeAllClose(encoder.encode(images), { absolute: 0 });
    // Attention does not care for the order: swapping two patches swaps their outputs.
    const [first, second, rest] = [
      slice(patches, [0, 0, 0], [2, 1, 8]),
      slice(patches, [0, 1, 0], [2, 1, 8]),
      slice(patches, [0, 2, 0], [2, 2, 8]),
    ];
    const swapped = encoder.encodeTokens(concat([second, first, rest], 1));
    const inOrder = encoder.encode(images);
    expect(slice(swapped, [0, 1, 0], [2, 1, 8])).toBeAllClose(slice(inOrder, [0, 2, 0], [2, 1, 8]), { absolute: 1e-6 });
    expect(encoder.encodeTokens(concat([first, rest], 1)).shape).toEqual([2, 4, 8]);
  });

  test("replaced patches become the token before positions are added, with a gradient for the token", () => {
    const encoder = shaken(small);
    const token = tensor1d(random.derive("token").normals(8));
    const mask = tensor2d([
      [0, 1, 0, 0],
      [1, 0, 0, 1],
    ]);
    const values = encoder.embedPatches(images, { mask, token }).arraySync();
    const untouched = encoder.embedPatches(images).arraySync();
    const positions = slice(encoder.parameters["pos_embed"]!, [0, 1, 0], [1, 4, 8]).arraySync() as number[][][];
    for (const [image, row] of mask.arraySync().entries()) {
      for (const [patch, replaced] of row.entries()) {
        const expected =
          replaced === 1 ? positions[0]![patch]!.map((value, index) => value + token.arraySync()[index]!) : untouched[image]![patch]!;
        expect(values[image]![patch]!, `image ${image}, patch ${patch}`).toBeAllClose(expected, { absolute: 1e-6 });
      }
    }
    // Three patches were replaced: the sum's gradient is 3 everywhere.
    expect(grad((given) => sum(encoder.embedPatches(images, { mask, token: given as typeof token })))(token)).toBeAllClose(
      new Float32Array(8).fill(3),
    );
    expect(() => encoder.embedPatches(images, { mask: tensor2d([[0, 1]]), token })).toThrow(ShapeError);
  });

  test("other image sizes: positions are interpolated, and learn through it", () => {
    const encoder = shaken(small);
    const positions = encoder.parameters["pos_embed"]!;
    for (const [height, width] of [
      [16, 16],
      [4, 12],
      [8, 4],
    ] as const) {
      const other = imagesOf(height, width);
      expect(encoder.encode(other).shape).toEqual([2, 1 + (height * width) / 16, 8]);
      const { grads } = variableGrads(() => sum<Scalar>(encoder.embedPatches(other)), [positions]);
      // Each new place is a mean of the old ones, for two images; [CLS] has no part in it.
      expect(sum(grads[positions.name]!)).toBeAllClose((2 * height * width * 8) / 16, { relative: 1e-5 });
      expect(slice(grads[positions.name]!, [0, 0, 0], [1, 1, 8])).toBeAllClose(new Float32Array(8), { absolute: 0 });
    }
    expect(() => encoder.encode(imagesOf(8, 10))).toThrow(/patchSize 4 divides/);
  });
});

test("lastAttention is the last block's, and rows sum to 1", () => {
  const encoder = shaken(small);
  const probabilities = encoder.lastAttention!(images);
  expect(probabilities.shape).toEqual([2, 2, 5, 5]);
  expect(sum(probabilities, -1)).toBeAllClose(new Float32Array(20).fill(1));
  // With queries of zero in the last block alone, every token attends to all of them alike.
  encoder.parameters["blocks.2.attn.qkv.weight"]!.assign(mul(encoder.parameters["blocks.2.attn.qkv.weight"]!, 0));
  encoder.parameters["blocks.2.attn.qkv.bias"]!.assign(mul(encoder.parameters["blocks.2.attn.qkv.bias"]!, 0));
  expect(encoder.lastAttention!(images)).toBeAllClose(new Float32Array(100).fill(0.2));
});

test("attentions are those of every block, in their order: the last are lastAttention's, the others those of a shorter encoder", () => {
  const options = { ...small, registerTokens: 1, layerScale: 0.5 };
  const encoder = shaken(options);
  const all = encoder.attentions!(images);
  expect(all.map(({ shape }) => shape)).toEqual(Array.from({ length: 3 }, () => [2, 2, 6, 6]));
  for (const probabilities of all) expect(sum(probabilities, -1)).toBeAllClose(new Float32Array(24).fill(1));
  expect([...all[2]!.dataSync()]).toEqual([...encoder.lastAttention!(images).dataSync()]);
  for (const depth of [1, 2]) {
    const shorter = vit({ ...options, depth })("student");
    for (const [name, variable] of Object.entries(shorter.parameters)) variable.assign(encoder.parameters[name]!);
    expect([...shorter.lastAttention!(images).dataSync()]).toEqual([...all[depth - 1]!.dataSync()]);
  }
  expect([...all[0]!.dataSync()]).not.toEqual([...all[1]!.dataSync()]);
});

test("drop path: the student's, in training, growing with depth", () => {
  const factory = vit({ ...small, dropPathRate: 0.9 });
  const [student, teacher] = [factory("student"), factory("teacher")];
  const plain = vit(small)("student").encode(images);
  expect(student.encode(images)).toBeAllClose(plain, { absolute: 0 });
  expect(student.encode(images, { ...training, training: false })).toBeAllClose(plain, { absolute: 0 });
  expect(teacher.encode(images, training)).toBeAllClose(plain, { absolute: 0 });
  const dropped = student.encode(images, training);
  expect([...dropped.dataSync()]).not.toEqual([...plain.dataSync()]);
  expect(student.encode(images, training)).toBeAllClose(dropped, { absolute: 0 });
  // The first block's rate is 0.
  const single = vit({ ...small, depth: 1, dropPathRate: 0.9 })("student");
  expect(single.encode(images, training)).toBeAllClose(single.encode(images), { absolute: 0 });
});

test("refuses images with other channels and tokens of another width", () => {
  const encoder = vit(small)("student");
  expect(() => encoder.encode(tensor<Rank.R4>(new Float32Array(64), [1, 8, 8, 1]))).toThrow(/images: expected shape \[-1, -1, -1, 3\]/);
  expect(() => encoder.encodeTokens(tensor<Rank.R3>(new Float32Array(12), [1, 3, 4]))).toThrow(ShapeError);
});

test("leaves no tensor behind, in evaluation, training and backward", async () => {
  const encoder = vit({ ...small, registerTokens: 1, prefixPositions: "cls", mlp: "swiglu", positionInterpolation: "plain", layerScale: 0.1, dropPathRate: 0.2 })("student");
  const larger = imagesOf(12);
  const replaced = {
    mask: tensor2d([
      [0, 1, 0, 0],
      [1, 0, 0, 1],
    ]),
    token: tensor1d(new Float32Array(8)),
  };
  const patches = encoder.embedPatches(images);
  await expectNoLeaks(() => {
    dispose([
      encoder.encode(images),
      encoder.encode(larger),
      encoder.embedPatches(images, replaced),
      encoder.encodeTokens(patches),
      encoder.lastAttention!(images),
      ...encoder.attentions!(images),
    ]);
    const { value, grads } = variableGrads(() => sum<Scalar>(encoder.encode(larger, training)), Object.values(encoder.parameters));
    dispose([value, ...Object.values(grads)]);
  });
});

test("encodeCls: the [CLS] row of encode, value and gradients, with the same draws", () => {
  const encoder = shaken({ ...small, registerTokens: 1, layerScale: 0.5, dropPathRate: 0.4 });
  const variables = Object.values(encoder.parameters);
  const weights = tensor2d(random.derive("cls").normals(16), [2, 8]);
  const whole = variableGrads(() => sum(mul(reshape<Rank.R2>(slice(encoder.encode(images, training), [0, 0, 0], [-1, 1, -1]), [2, 8]), weights)), variables);
  const alone = variableGrads(() => sum(mul(encoder.encodeCls!(images, training), weights)), variables);
  expect(alone.value).toBeAllClose(whole.value, { relative: 1e-5 });
  for (const { name } of variables) expect(alone.grads[name]!).toBeAllClose(whole.grads[name]!, { absolute: 1e-5, relative: 1e-4 });
});

test("encodeBlocks: what each of the last blocks gives, the last of which is encodeTokens before its norm, with the same draws", () => {
  const encoder = shaken({ ...small, registerTokens: 1, layerScale: 0.5, dropPathRate: 0.4 });
  const { depth } = encoder.layout;
  const patches = encoder.embedPatches(images);
  const all = encoder.encodeBlocks!(patches, depth, training);
  expect(all).toHaveLength(depth);
  const normalized = (tokens: Tensor): Tensor => {
    const { mean, variance } = moments(tokens, -1, true);
    const { "norm.weight": weight, "norm.bias": bias } = encoder.parameters;
    return add(mul(div(sub(tokens, mean), sqrt(add(variance, 1e-6))), weight!), bias!);
  };
  expect(normalized(all.at(-1)!)).toBeAllClose(encoder.encodeTokens(patches, training), { absolute: 1e-5 });
  const [last] = encoder.encodeBlocks!(patches, 1, training);
  expect([...last!.dataSync()]).toEqual([...all.at(-1)!.dataSync()]);
  expect([...all[0]!.dataSync()]).not.toEqual([...all[1]!.dataSync()]);
});

test("encodeNormalizedBlocks: the tokens of the encoder that ends with each block, with the same draws", () => {
  const options = { ...small, registerTokens: 1, layerScale: 0.5, dropPathRate: 0.4 };
  const encoder = shaken(options);
  const { depth } = encoder.layout;
  const patches = encoder.embedPatches(images);
  const all = encoder.encodeNormalizedBlocks!(patches, depth, training);
  expect(all).toHaveLength(depth);
  expect([...all.at(-1)!.dataSync()]).toEqual([...encoder.encodeTokens(patches, training).dataSync()]);
  expect([...encoder.encodeNormalizedBlocks!(patches, 2, training)[0]!.dataSync()]).toEqual([...all.at(-2)!.dataSync()]);
  // Without drop path, whose rate grows with the depth.
  const frozen = encoder.encodeNormalizedBlocks!(patches, depth);
  for (let blocks = 1; blocks < depth; blocks++) {
    const shorter = vit({ ...options, depth: blocks })("student");
    for (const [name, variable] of Object.entries(shorter.parameters)) variable.assign(encoder.parameters[name]!);
    expect(shorter.encodeTokens(patches)).toBeAllClose([...frozen[blocks - 1]!.dataSync()], { absolute: 1e-6, relative: 1e-6 });
  }
});

test.each([0, 1.5, 99])("encodeBlocks refuses %s blocks", (count) => {
  const encoder = shaken(small);
  expect(() => encoder.encodeNormalizedBlocks!(encoder.embedPatches(images), count)).toThrow(`[@ssl-vit/vit] count: expected a whole number from 1 to ${encoder.layout.depth}`);
  expect(() => encoder.encodeBlocks!(encoder.embedPatches(images), count)).toThrow(`[@ssl-vit/vit] count: expected a whole number from 1 to ${encoder.layout.depth}, the number of blocks, received ${count}.`);
});

test.each(["encodeBlocks", "encodeNormalizedBlocks"] as const)("%s leaves nothing behind", async (name) => {
  const encoder = shaken(small);
  const patches = encoder.embedPatches(images);
  await expectNoLeaks(() => { dispose(encoder[name]!(patches, 2, training)); });
});

test("encodeCls is missing without a [CLS] token", () => {
  expect("encodeCls" in vit({ ...small, clsToken: false })("student")).toBe(false);
});
