import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ConfigError, createRandom } from "@ssl-vit/core";
import { encodeSafetensors, type SafeTensor } from "@ssl-vit/safetensors";
import { vit, type VitOptions } from "@ssl-vit/vit";
import { memory } from "@tensorflow/tfjs-core";
import { afterAll, describe, expect, test } from "vitest";
import { encoderFiles, type EncoderFormat } from "../src/encoder-files.js";
import { loadEncoder } from "../src/load-encoder.js";
import { loadMaskedAutoencoder } from "../src/load-masked-autoencoder.js";
import { openStateDict } from "../src/open-state-dict.js";
import { readPreprocessing } from "../src/read-preprocessing.js";
import { disposeVariables, goldenFolder, tensorsOf, variablesOf } from "./golden.js";

const folder = mkdtempSync(join(tmpdir(), "ssl-vit-refusals-"));
afterAll(() => { rmSync(folder, { recursive: true }); });
const small: VitOptions = { imageSize: 16, patchSize: 8, embedDim: 16, depth: 2, numHeads: 2, mlpRatio: 2 };
let count = 0;

type Config = Record<string, unknown>;
type Tensors = Record<string, SafeTensor>;

/** An exported folder whose configuration and tensors were changed. */
async function changed(format: EncoderFormat, change: (config: Config, tensors: Tensors) => void, options: VitOptions = small): Promise<string> {
  const path = join(folder, String(count++));
  mkdirSync(path);
  const files = await encoderFiles(vit(options)("student"), { format });
  writeFileSync(`${path}/model.safetensors`, files.get("model.safetensors")!);
  const config = JSON.parse(files.get("config.json") as string) as Config;
  const tensors: Tensors = { ...tensorsOf(`${path}/model.safetensors`) };
  change(config, tensors);
  writeFileSync(`${path}/config.json`, JSON.stringify(config));
  writeFileSync(`${path}/model.safetensors`, encodeSafetensors(tensors));
  return path;
}

const without = (tensors: Tensors, ...names: string[]): void => {
  for (const name of names) Reflect.deleteProperty(tensors, name);
};
const zeros = (...shape: number[]): SafeTensor => ({ dtype: "F32", shape, data: new Float32Array(shape.reduce((product, size) => product * size, 1)) });

async function expectRefusal(path: string, message: RegExp | string): Promise<void> {
  const before = memory().numTensors;
  const refused = loadEncoder(path);
  await expect(refused).rejects.toThrow(message);
  await expect(refused).rejects.toThrow(ConfigError);
  expect(memory().numTensors, "tensors left behind").toBe(before);
}

describe("a configuration that does not fit the weights is refused with both numbers", () => {
  const cases: [EncoderFormat, string, unknown, RegExp][] = [
    ["hf", "hidden_size", 32, /config\.json: hidden_size: expected 16 as the weights have \(width\), received 32\. The configuration is of another model/],
    ["hf", "num_hidden_layers", 3, /num_hidden_layers: expected 2 as the weights have \(blocks\), received 3/],
    ["hf", "patch_size", 4, /patch_size: expected 8 as the weights have \(patch size\), received 4/],
    ["hf", "num_channels", 1, /num_channels: expected 3 .*, received 1/],
    ["hf", "mlp_ratio", 4, /mlp_ratio: expected 32 as the weights have \(hidden width of the perceptron\), received 64/],
    ["hf", "use_swiglu_ffn", true, /use_swiglu_ffn: expected gelu as the weights have \(perceptron\), received swiglu/],
    ["hf", "image_size", 24, /image_size: expected a size of 5 positions as the weights have, received 24 x 24, of which patches of 8 make 10/],
    ["hf", "num_attention_heads", 3, /numHeads: expected a divisor of embedDim 16, received 3/],
    ["safetensors", "encoder.embedDim", 32, /config\.json: encoder: embedDim: expected 16 .*, received 32/],
    ["safetensors", "encoder.depth", 1, /encoder: depth: expected 2 .*, received 1/],
    ["timm", "model_args.embed_dim", 32, /model_args: embed_dim: expected 16 .*, received 32/],
    ["timm", "model_args.mlp_ratio", 4, /model_args: mlp_ratio: expected 32 .*, received 64/],
    ["timm", "model_args.img_size", 32, /model_args: img_size: expected a size of 5 positions .*, received 32 x 32, of which patches of 8 make 17/],
  ];
  test.each(cases)("%s: %s %s", async (format, key, value, message) => {
    const path = await changed(format, (config) => {
      const [first = "", second] = key.split(".");
      if (second === undefined) config[first] = value;
      else (config[first] as Config)[second] = value;
      delete config["ssl_vit"];
    });
    await expectRefusal(path, message);
  });
});

describe("a configuration of what is not read here is refused by name", () => {
  const cases: [EncoderFormat, Config, RegExp][] = [
    ["hf", { model_type: "swin" }, /model_type: expected one of vit, vit_mae, vit_msn, ijepa, dinov2, dinov2_with_registers, received "swin"/],
    ["hf", { hidden_act: "relu" }, /hidden_act: expected "gelu" \(exact, by the error function\), received "relu"/],
    ["hf", { hidden_act: "gelu_new" }, /hidden_act/],
    ["hf", { hidden_size: "wide" }, /hidden_size: expected a positive whole number, received "wide"/],
    ["hf", { patch_size: [8, 16] }, /patch_size: expected square patches, received \[8,16\]/],
    ["hf", { layer_norm_eps: 0 }, /layer_norm_eps: expected a number above 0, received 0/],
    ["hf", { model_type: undefined }, /expected model_type, architecture or library, received architectures, hidden_size/],
    ["timm", { architecture: "swin_tiny" }, /architecture: expected a plain Vision Transformer of timm .*, received "swin_tiny"/],
    ["timm", { model_args: { qk_norm: true } }, /model_args: qk_norm: expected one of img_size, .*, received true\. It makes another network/],
    ["timm", { model_args: { act_layer: "relu" } }, /act_layer: expected "gelu", received "relu"/],
    ["safetensors", { encoder: 3 }, /config\.json: encoder: expected the configuration of an encoder, received 3/],
    ["safetensors", { encoder: { ...small, mlp: "relu" } }, /encoder: mlp: expected one of gelu, swiglu, received "relu"/],
  ];
  test.each(cases)("%s: %o", async (format, values, message) => {
    await expectRefusal(await changed(format, (config) => Object.assign(config, values)), message);
  });

  test("no JSON, and no object", async () => {
    const path = await changed("hf", () => undefined);
    writeFileSync(`${path}/config.json`, '{"model_type": ');
    await expectRefusal(path, /config\.json: expected a JSON object, received \{"model_type": /);
    writeFileSync(`${path}/config.json`, "[]");
    await expectRefusal(path, /expected a JSON object, received \[\]/);
    writeFileSync(`${path}/config.json`, "");
    await expectRefusal(path, /expected a JSON object, received nothing/);
  });
});

describe("tensors", () => {
  test("missing and unexpected names: both lists in full, sorted", async () => {
    const path = await changed("hf", (_, tensors) => {
      without(tensors, "layernorm.bias", "encoder.layer.1.attention.attention.key.weight", "embeddings.cls_token");
      for (const name of ["surprise", "encoder.layer.0.more.weight", "encoder.layer.9.norm1.weight"]) tensors[name] = zeros(16);
    });
    await expectRefusal(path, "received missing: embeddings.cls_token, encoder.layer.1.attention.attention.key.weight, layernorm.bias; unexpected: encoder.layer.0.more.weight, encoder.layer.9.norm1.weight, surprise.");
  });

  test("what the configuration leaves out is unexpected, and what it asks for is missing", async () => {
    const qkv = ["key", "query", "value"];
    const biases = (index: number): string => qkv.map((part) => `encoder.layer.${index}.attention.attention.${part}.bias`).join(", ");
    await expectRefusal(await changed("hf", (config) => Object.assign(config, { qkv_bias: false, ssl_vit: undefined })), `received missing: none; unexpected: ${biases(0)}, ${biases(1)}.`);
    const without = await changed("timm", (config) => ((config["model_args"] as Config)["init_values"] = 0.1));
    await expectRefusal(without, "received missing: blocks.0.ls1.gamma, blocks.0.ls2.gamma, blocks.1.ls1.gamma, blocks.1.ls2.gamma; unexpected: none.");
  });

  test("another shape", async () => {
    await expectRefusal(await changed("timm", (_, tensors) => (tensors["blocks.1.attn.proj.weight"] = zeros(16, 8))), /tensor blocks\.1\.attn\.proj\.weight: expected shape \[16, 16\], received \[16, 8\]/);
    await expectRefusal(await changed("hf", (_, tensors) => (tensors["embeddings.cls_token"] = zeros(1, 16))), /tensor embeddings\.cls_token: expected shape \[1, count, 16\], received \[1, 16\]/);
    const query = "encoder.layer.0.attention.attention.key.weight";
    await expectRefusal(await changed("hf", (_, tensors) => (tensors[query] = zeros(16, 8))), /tensor encoder\.layer\.0\.attention\.attention\.key\.weight: expected shape \[16, 16\] as of encoder\.layer\.0\.attention\.attention\.query\.weight, received \[16, 8\]/);
  });

  test.each([NaN, Infinity, -Infinity])("%s, naming the tensor", async (value) => {
    const path = await changed("hf", (_, tensors) => {
      const data = new Float32Array(16);
      data[7] = value;
      tensors["encoder.layer.1.norm2.bias"] = { dtype: "F32", shape: [16], data };
    });
    await expectRefusal(path, new RegExp(`tensor encoder\\.layer\\.1\\.norm2\\.bias: expected finite numbers, received ${value} at position 7 of 16\\. The model was saved after its training had diverged`));
  });

  test("a block of a number beyond all tensors, as a damaged name may have, before a network of so many is built", async () => {
    const path = join(folder, "far.pth.safetensors");
    const block = (index: number): Tensors => Object.fromEntries(["norm1.weight", "norm1.bias", "norm2.weight", "norm2.bias"].map((name) => [`blocks.${index}.${name}`, zeros(16)]));
    writeFileSync(path, encodeSafetensors({ "patch_embed.proj.weight": zeros(16, 3, 8, 8), "cls_token": zeros(1, 1, 16), ...block(0), ...block(3_000_000) }));
    await expectRefusal(path, /tensor blocks\.3000000\.norm1\.(weight|bias): expected a block below 10, the number of tensors, received 3000000\. The name is damaged/);
    const decoder: Tensors = { "decoder_embed.weight": zeros(8, 16), "decoder_blocks.99999999.mlp.fc1.weight": zeros(32, 8) };
    writeFileSync(path, encodeSafetensors({ "patch_embed.proj.weight": zeros(16, 3, 8, 8), "cls_token": zeros(1, 1, 16), ...block(0), ...decoder }));
    await expect(loadMaskedAutoencoder(path)).rejects.toThrow(/tensor decoder_blocks\.99999999\.mlp\.fc1\.weight: expected a block below \d+, the number of tensors/);
  });

  test("a file that is cut off", async () => {
    const path = await changed("hf", () => undefined);
    const bytes = readFileSync(`${path}/model.safetensors`);
    writeFileSync(`${path}/model.safetensors`, bytes.subarray(0, bytes.length - 7));
    await expectRefusal(path, /model\.safetensors/);
  });
});

describe("heads and the like are left by name", () => {
  test("of transformers: poolers, classifiers, mask tokens, with and without the class's prefix", async () => {
    const path = await changed("hf", (config, tensors) => {
      for (const [name, value] of Object.entries(tensors)) {
        without(tensors, name);
        tensors[`dinov2.${name}`] = value;
      }
      Object.assign(tensors, { "classifier.weight": zeros(10, 32), "classifier.bias": zeros(10), "dinov2.pooler.dense.weight": zeros(16, 16) });
      config["architectures"] = ["Dinov2ForImageClassification"];
    });
    expect(Object.keys((await loadEncoder(path)).parameters)).toHaveLength(30);
  });

  test("of timm: classifiers and their norm", async () => {
    const path = await changed("timm", (_, tensors) => Object.assign(tensors, { "head.weight": zeros(10, 16), "head.bias": zeros(10), "fc_norm.weight": zeros(16), "fc_norm.bias": zeros(16) }));
    expect(Object.keys((await loadEncoder(path)).parameters)).toHaveLength(30);
  });
});

describe("folders of timm that say less", () => {
  const encoder = vit({ ...small, embedDim: 192, numHeads: 3, depth: 1, imageSize: [16, 24], mlpRatio: 4 })("student");
  const write = async (config: Config): Promise<string> => {
    const path = join(folder, String(count++));
    mkdirSync(path);
    writeFileSync(`${path}/model.safetensors`, (await encoderFiles(encoder, { format: "timm" })).get("model.safetensors")!);
    writeFileSync(`${path}/config.json`, JSON.stringify(config));
    return path;
  };

  test("the architecture alone: sizes from the weights, heads by the width, the image from pretrained_cfg", async () => {
    const loaded = await loadEncoder(await write({ architecture: "vit_tiny_patch16_224", num_classes: 0, pretrained_cfg: { input_size: [3, 16, 24] } }));
    expect(loaded.layout).toMatchObject({ embedDim: 192, depth: 1, numHeads: 3, patchSize: 8, imageSize: [16, 24] });
  });

  test("in the form before pretrained_cfg", async () => {
    const loaded = await loadEncoder(await write({ architecture: "deit_tiny_patch16_224", input_size: [3, 16, 24], mean: [0.5, 0.5, 0.5] }));
    expect(loaded.layout.imageSize).toEqual([16, 24]);
  });

  test("the arguments of its VisionTransformer alone, with its defaults", async () => {
    const { depth, imageSize } = { depth: 1, imageSize: [16, 24] };
    expect((await loadEncoder(await write({ library: "timm", img_size: imageSize, patch_size: 8, embed_dim: 192, depth, num_heads: 6 }))).layout.numHeads).toBe(6);
    await expectRefusal(await write({ library: "timm", img_size: imageSize, patch_size: 8, embed_dim: 192, num_heads: 3 }), /depth: expected 1 as the weights have \(blocks\), received 12/);
    await expectRefusal(await write({ library: "timm", img_size: imageSize, patch_size: 8, embed_dim: 192, depth, num_heads: 3, class_token: false }), /img_size: expected a size of 7 positions as the weights have, received 16 x 24, of which patches of 8 make 6/);
  });
});

test("a run of ssl-vit: its newest checkpoint, or one that is named", async () => {
  const path = join(folder, String(count++));
  const checkpoint = `${path}/checkpoints/step-00000007`;
  mkdirSync(checkpoint, { recursive: true });
  const random = createRandom(1);
  // Heads cannot be told by a width of 16.
  const encoder = vit({ ...small, numHeads: 4, positionEmbedding: "sincos2d", layerScale: 0.5, seed: 4 })("student");
  writeFileSync(`${checkpoint}/model.safetensors`, (await encoderFiles(encoder, { format: "safetensors" })).get("model.safetensors")!);
  writeFileSync(`${path}/config.resolved.json`, JSON.stringify({ run: { method: { name: "mae" }, encoder: encoder.config }, seed: random.uniforms(1)[0] }));
  await expectRefusal(path, /checkpoints\/last: expected the name of a checkpoint, received no such file\. The run was stopped before its first save/);
  writeFileSync(`${path}/checkpoints/last`, "step-00000007\n");
  for (const location of [path, checkpoint, `${path}/checkpoints/last`, `${checkpoint}/model.safetensors`]) {
    const loaded = await loadEncoder(location);
    expect(loaded.config, location).toEqual(encoder.config);
    for (const [name, variable] of Object.entries(variablesOf(encoder))) expect(variablesOf(loaded)[name]!, name).toBeAllClose(variable, { absolute: 0 });
  }
});

test("a folder that is not there, or has no weights", async () => {
  await expectRefusal(join(folder, "nowhere"), /nowhere/);
  const path = join(folder, String(count++));
  mkdirSync(path);
  writeFileSync(`${path}/config.json`, JSON.stringify({ model_type: "vit" }));
  await expectRefusal(path, /model\.safetensors/);
});

const golden = goldenFolder("hf-vit");

test.skipIf(golden === undefined)("weights of transformers without their configuration", async () => {
  const path = join(folder, String(count++));
  mkdirSync(path);
  copyFileSync(`${golden!}/model.safetensors`, `${path}/model.safetensors`);
  expect(existsSync(`${path}/config.json`)).toBe(false);
  await expectRefusal(path, /expected a tensor patch_embed\.proj\.weight, received .* Its config\.json is missing/);
});

describe.each([["hf", "ssl_vit"], ["timm", "ssl_vit"], ["safetensors", "encoder"]] as const)("what the configuration of %s notes of our encoder, as %s,", (format, key) => {
  test.each<[Config, string]>([
    [{ mlpRatio: "2" }, 'mlpRatio: expected a number above 0, received "2".'],
    [{ layerScale: "a" }, 'layerScale: expected a number above 0, received "a".'],
    [{ layerScale: -1 }, "layerScale: expected a number above 0, received -1."],
    [{ size: "zzz" }, 'size: expected one of pico, '],
    [{ size: "toString" }, 'received "toString".'],
    [{ dropPathRate: "x" }, 'dropPathRate: expected a number in [0, 1), received "x".'],
    [{ registerTokens: -1 }, "registerTokens: expected a whole number of at least 0, received -1."],
    [{ prefixPositions: "all" }, 'prefixPositions: expected one of true, false, cls, received "all".'],
    [{ positionEmbedding: 3 }, "positionEmbedding: expected one of learned, sincos2d, received 3."],
    [{ positionInterpolation: "nearest" }, 'positionInterpolation: expected one of antialias, plain, received "nearest".'],
    [{ initialization: [] }, "initialization: expected one of timm, mae, moco, zeros, received []."],
    [{ mlp: "relu" }, 'mlp: expected one of gelu, swiglu, received "relu".'],
    [{ seed: "0" }, 'seed: expected a number, received "0".'],
    [{ qkvBias: 1 }, "qkvBias: expected true or false, received 1."],
  ])("is refused by the file's name with %j", async (change, message) => {
    const path = await changed(format, (config) => { config[key] = { ...(config[key] as Config), ...change }; });
    await expectRefusal(path, `[@ssl-vit/weights] ${path}/config.json: ${key}: ${message.startsWith("received") ? "" : message}`);
    await expectRefusal(path, message);
  });

  test("is refused when it is none", async () => {
    await expectRefusal(await changed(format, (config) => { config[key] = "ours"; }), `config.json: ${key}: expected the configuration of an encoder, received "ours".`);
  });

  test("may hold names of later versions, and nothing for what is not said", async () => {
    const encoder = await loadEncoder(await changed(format, (config) => { config[key] = { ...(config[key] as Config), rotary: true, layerScale: null }; }));
    expect(encoder.config).toEqual(vit(small)("student").config);
    disposeVariables(encoder);
  });
});

test.each([["", '""'], [" ", '" "'], [3, "3"], [undefined, "nothing"]])("a location that names nothing is refused, whatever lies where the program runs: %j", async (location, received) => {
  const [before, path] = [process.cwd(), await changed("hf", () => undefined)];
  process.chdir(path);
  try {
    for (const load of [loadEncoder, loadMaskedAutoencoder, readPreprocessing, openStateDict]) {
      const refused = load(location as string);
      await expect(refused).rejects.toThrow(`location: expected a path or an address, as text, received ${received}. The folder that a program runs in is ".".`);
      await expect(refused).rejects.toThrow(ConfigError);
    }
    // The root of the disk is not the folder that the program runs in.
    expect(await readPreprocessing("/")).toBeUndefined();
    await expect(loadEncoder("/")).rejects.toThrow(ConfigError);
    disposeVariables(await loadEncoder("."));
  } finally {
    process.chdir(before);
  }
});
