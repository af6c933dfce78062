import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ConfigError, createRandom, type Encoder } from "@ssl-vit/core";
import { decodeSafetensors, encodeSafetensors } from "@ssl-vit/safetensors";
import { vit, type VitOptions } from "@ssl-vit/vit";
import { add, memory, mul, type Rank, tensor } from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { encoderFiles, type EncoderFormat } from "../src/encoder-files.js";
import { loadEncoder } from "../src/load-encoder.js";
import { readPreprocessing } from "../src/read-preprocessing.js";
import { saveEncoder, type SaveEncoderOptions } from "../src/save-encoder.js";
import { disposeVariables, goldenFolder, tensorsOf, variablesOf } from "./golden.js";

const random = createRandom(3);
const small: VitOptions = { imageSize: 16, patchSize: 8, embedDim: 16, depth: 2, numHeads: 2, mlpRatio: 2 };
const folder = mkdtempSync(join(tmpdir(), "ssl-vit-weights-"));
afterAll(() => { rmSync(folder, { recursive: true }); });
let count = 0;
const freshFolder = (): string => join(folder, String(count++));
const readConfig = (path: string): Record<string, unknown> => JSON.parse(readFileSync(`${path}/config.json`, "utf8")) as Record<string, unknown>;

/** An encoder whose every weight is another number. */
function shaken(options: VitOptions): Encoder {
  const encoder = vit(options)("student");
  for (const [name, variable] of Object.entries(encoder.parameters)) {
    variable.assign(add(variable, mul(tensor(random.derive(name).normals(variable.size), variable.shape), 0.3)));
  }
  return encoder;
}

/** The very same bytes under the same names, and the same configuration. */
function expectSame(received: Encoder, expected: Encoder): void {
  const [there, before] = [variablesOf(received), variablesOf(expected)];
  expect(Object.keys(there).sort()).toEqual(Object.keys(before).sort());
  for (const [name, variable] of Object.entries(before)) {
    expect(there[name]!.shape, name).toEqual(variable.shape);
    expect(Buffer.compare(Buffer.from(there[name]!.dataSync().buffer), Buffer.from(variable.dataSync().buffer)), name).toBe(0);
  }
  expect(Object.keys(received.buffers)).toEqual(Object.keys(expected.buffers));
  expect(received.config).toEqual(expected.config);
}

const kinds: [string, VitOptions, readonly EncoderFormat[]][] = [
  ["a plain one", small, ["hf", "timm"]],
  ["LayerScale", { ...small, layerScale: 0.1 }, ["hf", "timm"]],
  ["SwiGLU", { ...small, mlp: "swiglu", mlpRatio: 3 }, ["hf", "timm"]],
  ["SwiGLU with LayerScale", { ...small, mlp: "swiglu", layerScale: 1e-5 }, ["hf", "timm"]],
  ["registers with positions", { ...small, registerTokens: 3 }, ["hf", "timm"]],
  ["registers without positions", { ...small, registerTokens: 3, prefixPositions: "cls" }, ["hf", "timm"]],
  ["no prefix positions", { ...small, registerTokens: 2, prefixPositions: false, layerScale: 1 }, ["hf", "timm"]],
  ["[CLS] without position", { ...small, prefixPositions: false }, ["hf", "timm"]],
  ["no bias of queries, keys and values", { ...small, qkvBias: false }, ["hf", "timm"]],
  ["no [CLS]", { ...small, clsToken: false }, ["hf", "timm"]],
  ["registers without [CLS]", { ...small, clsToken: false, registerTokens: 2 }, ["timm"]],
  ["fixed positions, drop path, a seed", { ...small, positionEmbedding: "sincos2d", dropPathRate: 0.2, seed: 7, initialization: "mae" }, ["hf", "timm"]],
  ["a rectangle", { ...small, imageSize: [16, 24] }, ["hf", "timm"]],
  ["an odd ratio", { ...small, mlpRatio: 4.3637, embedDim: 44 }, ["hf", "timm"]],
  ["transformers' ε", { ...small, layerNormEpsilon: 1e-12 }, ["hf", "timm"]],
  ["another ε and five channels", { ...small, layerNormEpsilon: 1e-5, channels: 5 }, ["hf"]],
  ["plain interpolation", { ...small, positionInterpolation: "plain" }, ["hf", "timm"]],
];

describe.each(kinds)("round trip of %s", (_, options, formats) => {
  test.each([...formats, "safetensors" as const])("through %s: the same names, bytes and configuration", async (format) => {
    const encoder = shaken(options);
    const path = freshFolder();
    await saveEncoder(encoder, path, { format });
    const loaded = await loadEncoder(path);
    expectSame(loaded, encoder);
    disposeVariables(loaded);
    disposeVariables(encoder);
  });
});

test.each(["hf", "timm", "safetensors"] as const)("%s: what is loaded gives the same tokens to the bit, and knows its images", async (format) => {
  const encoder = shaken({ ...small, registerTokens: 2 });
  const images = tensor<Rank.R4>(random.derive("images").normals(2 * 16 * 16 * 3), [2, 16, 16, 3]);
  const path = freshFolder();
  const preprocessing = { mean: [0.1, 0.2, 0.3], std: [0.4, 0.5, 0.6], cropRatio: 0.8, interpolation: "bilinear" } as const;
  await saveEncoder(encoder, path, { format, preprocessing });
  const loaded = await loadEncoder(path);
  expect(loaded.encode(images)).toBeAllClose(encoder.encode(images), { absolute: 0, relative: 0 });
  expect(await readPreprocessing(path)).toEqual({ imageSize: [16, 16], fit: "crop", ...preprocessing });
});

test.each(["hf", "timm", "onnx"] as const)("%s: images that are stretched in training stay so", async (format) => {
  const path = join(folder, `stretched-${format}`);
  await saveEncoder(vit({ imageSize: 16, patchSize: 8, embedDim: 16, depth: 1, numHeads: 2 })("student"), path, { format, preprocessing: { fit: "stretch" } });
  expect(await readPreprocessing(path)).toMatchObject({ fit: "stretch", cropRatio: 1 });
  const processor = JSON.parse(readFileSync(join(path, "preprocessor_config.json"), "utf8")) as object;
  expect(processor).toMatchObject({ image_processor_type: "ViTImageProcessor", size: { height: 16, width: 16 } });
});

const goldens = ["hf-vit", "hf-vit-msn", "hf-vit-mae", "hf-ijepa", "hf-dinov2", "hf-dinov2-swiglu", "hf-dinov2-registers", "timm-vit", "timm-vit-rectangular", "timm-vit-registers-layerscale"].map(
  (name) => [name, goldenFolder(name)] as const,
);

test.each(goldens.filter(([, path]) => path !== undefined))("%s comes back from every form as it went out", async (_, path) => {
  const encoder = await loadEncoder(path!);
  for (const format of ["hf", "timm", "safetensors"] as const) {
    const out = freshFolder();
    await saveEncoder(encoder, out, { format });
    expectSame(await loadEncoder(out), encoder);
  }
});

describe("what others trained further stays theirs", () => {
  const changed = async (format: EncoderFormat, options: VitOptions, change: (tensors: Record<string, Float32Array>) => void): Promise<Encoder> => {
    const path = freshFolder();
    await saveEncoder(shaken(options), path, { format });
    const file = `${path}/model.safetensors`;
    const { tensors, metadata } = decodeSafetensors(readFileSync(file));
    const values = Object.fromEntries(Object.entries(tensors).map(([name, { data }]) => [name, Float32Array.from(data as Float32Array)]));
    change(values);
    writeFileSync(file, encodeSafetensors(Object.fromEntries(Object.entries(tensors).map(([name, { shape }]) => [name, { dtype: "F32" as const, shape, data: values[name]! }])), metadata));
    return loadEncoder(path);
  };

  test("a LayerScale factor that is no longer 1", async () => {
    const encoder = await changed("hf", small, (values) => (values["encoder.layer.1.layer_scale2.lambda1"]![3] = 1.5));
    expect(encoder.parameters["blocks.1.ls2.gamma"]!.dataSync()[3]).toBe(1.5);
    expect(encoder.config["layerScale"]).toBe(1);
  });

  test("a position of [CLS] that is no longer 0", async () => {
    const encoder = await changed("hf", { ...small, prefixPositions: false }, (values) => (values["embeddings.position_embeddings"]![2] = 0.5));
    expect(encoder.parameters["pos_embed"]!.shape).toEqual([1, 5, 16]);
    expect(encoder.config["prefixPositions"]).toBe(true);
  });

  test("registers that are no longer the sum", async () => {
    const encoder = await changed("hf", { ...small, registerTokens: 2 }, (values) => (values["embeddings.register_tokens"]![5] = 9));
    expect(encoder.parameters["reg_token"]!.dataSync()[5]).toBe(9);
    expect(encoder.config["prefixPositions"]).toBe("cls");
    expect(encoder.parameters["pos_embed"]!.shape).toEqual([1, 5, 16]);
  });
});

describe("the form of transformers", () => {
  test("Dinov2Model: names, LayerScale of 1, a mask token, mlp_ratio, ε", async () => {
    const path = freshFolder();
    await saveEncoder(shaken(small), path, { format: "hf" });
    expect(readConfig(path)).toMatchObject({ architectures: ["Dinov2Model"], model_type: "dinov2", hidden_size: 16, num_hidden_layers: 2, num_attention_heads: 2, mlp_ratio: 2, layer_norm_eps: 1e-6, image_size: 16, patch_size: 8, qkv_bias: true, use_swiglu_ffn: false, use_mask_token: true, hidden_act: "gelu" });
    const tensors = tensorsOf(`${path}/model.safetensors`);
    const golden = goldenFolder("hf-dinov2");
    if (golden !== undefined) expect(Object.keys(tensors).sort()).toEqual(Object.keys(tensorsOf(`${golden}/model.safetensors`)).sort());
    expect(tensors["encoder.layer.1.layer_scale2.lambda1"]!.data).toEqual(new Float32Array(16).fill(1));
    expect(tensors["embeddings.mask_token"]).toMatchObject({ shape: [1, 16], data: new Float32Array(16) });
  });

  test("numbers that transformers takes as floats alone are written as such", async () => {
    const config = (await encoderFiles(shaken({ ...small, layerScale: 1 }), { format: "hf" })).get("config.json") as string;
    for (const field of ['"layerscale_value": 1.0,', '"drop_path_rate": 0.0,', '"layer_norm_eps": 0.000001,', '"mlp_ratio": 2,']) expect(config).toContain(field);
  });

  test("a ViTModel's pooler gives the [CLS] token as it is", async () => {
    const path = freshFolder();
    await saveEncoder(shaken(small), path, { format: "hf", model: "vit" });
    const { "pooler.dense.weight": weight, "pooler.dense.bias": bias } = tensorsOf(`${path}/model.safetensors`);
    expect(Array.from(weight!.data as Float32Array, (value, index) => value - (index % 17 === 0 ? 1 : 0))).toEqual(new Array<number>(256).fill(0));
    expect(bias!.data).toEqual(new Float32Array(16));
    expect(readConfig(path)).toMatchObject({ pooler_act: "linear" });
  });

  const classes: [string, VitOptions, SaveEncoderOptions["model"], object][] = [
    ["registers", { ...small, registerTokens: 3 }, undefined, { architectures: ["Dinov2WithRegistersModel"], model_type: "dinov2_with_registers", num_register_tokens: 3 }],
    ["SwiGLU", { ...small, mlp: "swiglu" }, undefined, { architectures: ["Dinov2Model"], use_swiglu_ffn: true, mlp_ratio: 2 }],
    ["ViT on demand", small, "vit", { architectures: ["ViTModel"], model_type: "vit", intermediate_size: 32, layer_norm_eps: 1e-6 }],
    ["no [CLS]", { ...small, clsToken: false }, undefined, { architectures: ["IJepaModel"], model_type: "ijepa", intermediate_size: 32 }],
    ["a rectangle", { ...small, imageSize: [16, 24] }, undefined, { architectures: ["ViTModel"], image_size: [16, 24] }],
  ];
  test.each(classes)("%s", async (_, options, model, expected) => {
    const path = freshFolder();
    const encoder = shaken(options);
    await saveEncoder(encoder, path, { format: "hf", ...(model === undefined ? {} : { model }) });
    expect(readConfig(path)).toMatchObject(expected);
    expectSame(await loadEncoder(path), encoder);
  });

  const impossible: [string, VitOptions, SaveEncoderOptions["model"], RegExp][] = [
    ["registers in a rectangle", { ...small, imageSize: [16, 24], registerTokens: 1 }, undefined, /Dinov2Model cannot have images of 16 x 24 .*; ViTModel cannot have registers\. Write it as "timm"/],
    ["LayerScale without [CLS]", { ...small, clsToken: false, layerScale: 1 }, undefined, /Dinov2Model cannot have no \[CLS\] token; IJepaModel cannot have LayerScale/],
    ["SwiGLU as ViT", { ...small, mlp: "swiglu" }, "vit", /received ViTModel cannot have SwiGLU/],
    ["an odd ratio as DINOv2", { ...small, mlpRatio: 2.5 }, "dinov2", /received Dinov2Model cannot have mlpRatio 2\.5/],
  ];
  test.each(impossible)("refuses %s", async (_, options, model, message) => {
    await expect(encoderFiles(shaken(options), { format: "hf", model })).rejects.toThrow(message);
  });
});

describe("the form of timm", () => {
  test("architecture, every size as an argument, how images are prepared; no mask token", async () => {
    const path = freshFolder();
    await saveEncoder(shaken({ ...small, registerTokens: 2, prefixPositions: false, layerScale: 0.1, imageSize: [16, 24] }), path, { format: "timm" });
    expect(readConfig(path)).toMatchObject({
      architecture: "vit_base_patch16_224",
      num_classes: 0,
      num_features: 16,
      global_pool: "token",
      model_args: { img_size: [16, 24], patch_size: 8, embed_dim: 16, depth: 2, num_heads: 2, mlp_ratio: 2, init_values: 0.1, reg_tokens: 2, no_embed_class: true },
      pretrained_cfg: { input_size: [3, 16, 24], mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225], interpolation: "bicubic", crop_pct: 1, first_conv: "patch_embed.proj", classifier: "head" },
    });
    expect(Object.keys(tensorsOf(`${path}/model.safetensors`))).not.toContain("mask_token");
  });

  test("refuses an ε that timm does not have, unless told to", async () => {
    const encoder = shaken({ ...small, layerNormEpsilon: 1e-5 });
    await expect(encoderFiles(encoder, { format: "timm" })).rejects.toThrow(/layerNormEpsilon 1e-6, which timm's models always have, or less, received 0\.00001\. Write it as "hf" or "safetensors", or say changeEpsilon/);
    const path = freshFolder();
    await saveEncoder(encoder, path, { format: "timm", changeEpsilon: true });
    expectSame(await loadEncoder(path), encoder);
    expect(readFileSync(`${path}/README.md`, "utf8")).toContain("- Its normalisations have an ε of 0.00001, in timm 1e-6: tokens differ slightly there.");
  });
});

describe("the folder", () => {
  let encoder: Encoder;
  beforeAll(() => void (encoder = shaken(small)));

  test("holds whole files and nothing else", async () => {
    const path = freshFolder();
    await saveEncoder(encoder, path, { format: "hf", files: { "training_args.json": "{}" } });
    expect(readdirSync(path).sort()).toEqual(["README.md", "config.json", "model.safetensors", "preprocessor_config.json", "training_args.json"]);
    expect(readdirSync(folder).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  });

  test("with something in it is refused, and replaced only when told to; what else is in it stays", async () => {
    const path = freshFolder();
    mkdirSync(path);
    writeFileSync(`${path}/notes.txt`, "mine");
    writeFileSync(`${path}/config.json`, "{}");
    await expect(saveEncoder(encoder, path, { format: "timm" })).rejects.toThrow(/folder: expected one that is not there yet, or empty, received .* with config\.json, notes\.txt\. Name another one, or say overwrite: true/);
    expect(readFileSync(`${path}/config.json`, "utf8")).toBe("{}");
    await saveEncoder(encoder, path, { format: "timm", overwrite: true });
    expect(readdirSync(path).sort()).toEqual(["README.md", "config.json", "model.safetensors", "notes.txt", "preprocessor_config.json"]);
    expectSame(await loadEncoder(path), encoder);
  });

  test("that is a file is refused, and so is a place that cannot be written", async () => {
    const path = freshFolder();
    writeFileSync(path, "");
    await expect(saveEncoder(encoder, path, { format: "hf" })).rejects.toThrow(/expected a folder, received a file/);
    await expect(saveEncoder(encoder, `${path}/below`, { format: "hf" })).rejects.toThrow(/expected a folder/);
  });

  test("is refused for a format that does not exist, weights that are no numbers, and encoders that are none of ours", async () => {
    await expect(encoderFiles(encoder, { format: "tim" as EncoderFormat })).rejects.toThrow('format: expected one of hf, timm, safetensors, onnx, received tim. Did you mean "timm"?');
    const diverged = shaken(small);
    diverged.parameters["norm.bias"]!.assign(tensor(new Float32Array(16).fill(NaN)));
    await expect(encoderFiles(diverged, { format: "hf" })).rejects.toThrow(/encoder: norm\.bias: expected finite numbers, received NaN/);
    await expect(encoderFiles({ ...encoder, config: {} }, { format: "hf" })).rejects.toThrow(/expected a Vision Transformer that vit or loadEncoder made/);
  });

  test.each<[string, unknown, string]>([
    ["no options", undefined, "options: expected an object, received nothing."],
    ["no format", {}, "format: expected one of hf, timm, safetensors, onnx, received nothing."],
    ["another type of numbers", { format: "hf", dtype: "F8" }, 'dtype: expected one of F32, F16, BF16, received F8. Did you mean "F32"?'],
    ["another class", { format: "hf", model: "dinov3" }, 'model: expected one of dinov2, vit, received dinov3. Did you mean "dinov2"?'],
    ["a class with a decoder", { format: "hf", model: "vit-mae" }, "received vit-mae. An encoder with MAE's decoder is written by saveMaskedAutoencoder."],
    ["files that are none", { format: "hf", files: "notes.txt" }, 'files: expected an object, received "notes.txt".'],
    ["a file of a number", { format: "hf", files: { "notes.txt": 3 } }, "files: expected text or bytes for notes.txt, received 3."],
    ...["../victim.txt", "/etc/victim.txt", "a/../../victim.txt", "..\\victim.txt", "C:victim.txt", "./notes.txt", ""].map((name): [string, unknown, string] => [`the file ${JSON.stringify(name)}`, { format: "hf", files: { [name]: "mine" } }, `files: expected names of files in the folder, received ${JSON.stringify(name)}.`]),
    ...["model.safetensors", "config.json", "README.md", "Preprocessor_Config.json"].map((name): [string, unknown, string] => [`the file ${name}`, { format: "hf", files: { [name]: "mine" } }, `files: expected other names than model.safetensors, preprocessor_config.json, README.md, config.json, which the export writes, received ${name}.`]),
    ["the file of the graph", { format: "onnx", files: { "onnx\\model.onnx": "mine" } }, "which the export writes, received onnx\\model.onnx."],
  ])("is refused for %s, and nothing is written", async (_, options, message) => {
    const path = freshFolder();
    const refused = saveEncoder(encoder, path, options as SaveEncoderOptions);
    await expect(refused).rejects.toThrow(message);
    await expect(refused).rejects.toThrow(ConfigError);
    expect(existsSync(path)).toBe(false);
  });

  test("is refused for an encoder with a tensor that the library has no name for: left out, it would be another network", async () => {
    const { parameters } = encoder;
    const strange = { ...encoder, parameters: { ...parameters, "blocks.0.attn.gate": parameters["norm.bias"]! } };
    await expect(encoderFiles(strange, { format: "hf" })).rejects.toThrow('tensor blocks.0.attn.gate: expected one that transformers (DINOv2) has a name for, received shape [16]. Write the encoder as "safetensors".');
  });

  test.each([["", '""'], [3, "3"], [undefined, "nothing"]])("is refused without a name: %j", async (name, received) => {
    await expect(saveEncoder(encoder, name as string, { format: "hf" })).rejects.toThrow(`folder: expected a path or an address, as text, received ${received}.`);
  });

  test("of the same encoder has the same bytes, and writing leaves no tensor behind", async () => {
    const first = await encoderFiles(encoder, { format: "hf" });
    const before = memory().numTensors;
    const second = await encoderFiles(encoder, { format: "hf" });
    expect(memory().numTensors).toBe(before);
    expect([...second]).toEqual([...first]);
  });
});

test.each(["F16", "BF16"] as const)("%s: half as large, rounded as PyTorch rounds", async (dtype) => {
  const encoder = shaken(small);
  const path = freshFolder();
  await saveEncoder(encoder, path, { format: "hf", dtype });
  expect(readConfig(path)["torch_dtype"]).toBe(dtype === "F16" ? "float16" : "bfloat16");
  const tensors = tensorsOf(`${path}/model.safetensors`);
  expect(new Set(Object.values(tensors).map((value) => value.dtype))).toEqual(new Set([dtype]));
  const loaded = await loadEncoder(path);
  for (const [name, variable] of Object.entries(encoder.parameters)) expect(loaded.parameters[name]!, name).toBeAllClose(variable, { relative: dtype === "F16" ? 2 ** -11 : 2 ** -8, absolute: 2 ** -24 });
  encoder.parameters["norm.bias"]!.assign(tensor(new Float32Array(16).fill(70_000)));
  if (dtype === "F16") await expect(encoderFiles(encoder, { format: "hf", dtype })).rejects.toThrow("encoder: layernorm.bias: expected numbers below 65520 for dtype F16, received 70000. Write BF16 or F32.");
});

test("the model card: front matter that YAML reads, and what is known and not known", async () => {
  const encoder = shaken(small);
  const card = {
    method: "dino",
    paper: "https://arxiv.org/abs/2104.14294",
    data: "CIFAR-10, 50,000 training images without labels",
    datasets: ["uoft-cs/cifar10"],
    recipe: { epochs: 100, "learning rate": "5e-4, cosine" },
    results: [{ data: "CIFAR-10 test", protocol: "k-NN, k = 20", metric: "top-1 accuracy", value: "61.3 %", seeds: [0, 1, 2] }],
    limits: ["Images of 32 pixels only."],
    license: "apache-2.0",
    citation: "@article{dino}",
  };
  const text = (await encoderFiles(encoder, { format: "hf", card, preprocessing: { mean: [0.5], std: [0.25] } })).get("README.md") as string;
  expect(text.split("---\n")[1]).toBe(
    'license: apache-2.0\nlibrary_name: transformers\npipeline_tag: image-feature-extraction\ntags:\n- vision\n- self-supervised\n- dino\n- ssl-vit\ndatasets:\n- uoft-cs/cifar10\nmetrics:\n- accuracy\n',
  );
  for (const part of ["# dino 16/8", "| learning rate | 5e-4, cosine |", "| CIFAR-10 test | k-NN, k = 20 | top-1 accuracy | 61.3 % | 0, 1, 2 |", "- Images of 32 pixels only.", "AutoModel.from_pretrained", "mean [0.5, 0.5, 0.5] and deviation [0.25, 0.25, 0.25].", "@article{dino}"]) {
    expect(text).toContain(part);
  }
  expect(text).not.toContain("was not said");
  const bare = (await encoderFiles(encoder, { format: "timm" })).get("README.md") as string;
  expect(bare).toContain("How training normalised its images was not said");
  expect(bare).toContain("## Results\nNone were measured.");
  expect(bare).not.toContain("license");
});
