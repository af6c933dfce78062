import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createRandom, type Encoder } from "@ssl-vit/core";
import { vit, type VitOptions } from "@ssl-vit/vit";
import { add, mean, memory, mul, type Rank, slice, squeeze, tensor, type Tensor, tidy, transpose } from "@tensorflow/tfjs-core";
import * as ort from "onnxruntime-web";
import { afterAll, describe, expect, test } from "vitest";
import { encoderFiles, type EncoderFilesOptions } from "../src/encoder-files.js";
import { loadEncoder } from "../src/load-encoder.js";
import { encodeOnnx } from "../src/onnx-file.js";
import { readPreprocessing } from "../src/read-preprocessing.js";
import { saveEncoder } from "../src/save-encoder.js";
import { disposeVariables, largestOf } from "./golden.js";
import { axesOf, decodeOnnx } from "./onnx-model.js";

ort.env.wasm.numThreads = 1;
const random = createRandom(5);
const small: VitOptions = { imageSize: 16, patchSize: 8, embedDim: 16, depth: 2, numHeads: 2, mlpRatio: 2 };
const folder = mkdtempSync(join(tmpdir(), "ssl-vit-onnx-"));
afterAll(() => { rmSync(folder, { recursive: true }); });

/** An encoder whose every weight is another number. */
function shaken(options: VitOptions): Encoder {
  const encoder = vit(options)("student");
  for (const [name, variable] of Object.entries(encoder.parameters)) {
    variable.assign(tidy(() => add(variable, mul(tensor(random.derive(name).normals(variable.size), variable.shape), 0.3))));
  }
  return encoder;
}

async function modelOf(encoder: Encoder, options: Omit<EncoderFilesOptions, "format"> = {}): Promise<Uint8Array> {
  return (await encoderFiles(encoder, { format: "onnx", ...options })).get("onnx/model.onnx") as Uint8Array;
}

function expectNear(received: ort.Tensor, expected: Tensor): void {
  expect(received.dims).toEqual(expected.shape);
  const [there, here] = [received.data as Float32Array, expected.dataSync()];
  const difference = largestOf(there.map((value, index) => value - here[index]!));
  expect(difference / largestOf(here)).toBeLessThan(1e-5);
}

const kinds: [string, VitOptions][] = [
  ["a plain one", small],
  ["registers with positions, and LayerScale", { ...small, registerTokens: 3, layerScale: 0.5 }],
  ["registers without positions", { ...small, registerTokens: 3, prefixPositions: "cls" }],
  ["no prefix positions", { ...small, registerTokens: 2, prefixPositions: false }],
  ["no [CLS]", { ...small, clsToken: false }],
  ["registers without [CLS]", { ...small, clsToken: false, registerTokens: 2 }],
  ["SwiGLU", { ...small, mlp: "swiglu", mlpRatio: 3 }],
  ["a rectangle", { ...small, imageSize: [16, 24] }],
  ["no bias of queries, keys and values", { ...small, qkvBias: false }],
  ["fixed positions, another ε and one channel", { ...small, positionEmbedding: "sincos2d", layerNormEpsilon: 1e-3, channels: 1 }],
];

describe.each(kinds)("%s", (_, options) => {
  test("ONNX Runtime gives what the encoder gives, of one image and of three", async () => {
    const encoder = shaken(options);
    const { imageSize, channels, hasClsToken, registerTokens } = encoder.layout;
    const session = await ort.InferenceSession.create(await modelOf(encoder, { attentions: true }));
    for (const batch of [1, 3]) {
      const pixels = Float32Array.from(random.derive("images", batch).normals(batch * channels * imageSize[0] * imageSize[1]));
      const outputs = await session.run({ pixel_values: new ort.Tensor("float32", pixels, [batch, channels, ...imageSize]) });
      tidy(() => {
        const images = transpose(tensor<Rank.R4>(pixels, [batch, channels, ...imageSize]), [0, 2, 3, 1]);
        const tokens = encoder.encode(images);
        expectNear(outputs["last_hidden_state"]!, tokens);
        expectNear(outputs["pooler_output"]!, hasClsToken ? squeeze(slice(tokens, [0, 0, 0], [batch, 1, -1]), [1]) : mean(slice(tokens, [0, registerTokens, 0]), 1));
        expectNear(outputs["attentions"]!, encoder.lastAttention!(images));
      });
    }
    await session.release();
    disposeVariables(encoder);
  });
});

describe("the file", () => {
  const encoder = shaken({ ...small, registerTokens: 2, layerScale: 0.1 });

  test("inputs, outputs, opset and version", async () => {
    const { graph, ir_version, opset_import, producer_name } = decodeOnnx(await modelOf(encoder));
    expect({ ir_version, producer_name, opsets: opset_import.map(({ version }) => version) }).toEqual({ ir_version: 8, producer_name: "ssl-vit", opsets: [17] });
    expect(graph.input.map((value) => [value.name, axesOf(value)])).toEqual([["pixel_values", ["batch", 3, 16, 16]]]);
    expect(graph.output.map((value) => [value.name, axesOf(value)])).toEqual([["last_hidden_state", ["batch", 7, 16]], ["pooler_output", ["batch", 16]]]);
    expect([...graph.input, ...graph.output].map(({ type }) => type.tensor_type.elem_type)).toEqual([1, 1, 1]);
  });

  test("attentions only when asked for", async () => {
    const { graph } = decodeOnnx(await modelOf(encoder, { attentions: true }));
    expect(graph.output.map((value) => [value.name, axesOf(value)]).at(-1)).toEqual(["attentions", ["batch", 2, 7, 7]]);
  });

  test("weights have their own names, linear layers as [in, out], positions of every token, raw little-endian bytes", async () => {
    const { graph } = decodeOnnx(await modelOf(encoder));
    const shapes = Object.fromEntries(graph.initializer.filter(({ name }) => !/^(integers|scalar)\./.test(name)).map(({ name, dims }) => [name, dims]));
    const own = Object.entries(encoder.parameters).map(([name, { shape }]) => [name, /\.(qkv|proj|fc1|fc2)\.weight$/.test(name) && shape.length === 2 ? [...shape].reverse() : shape]);
    expect(shapes).toEqual(Object.fromEntries(own));
    const bytes = (name: string): Float32Array => {
      const raw = graph.initializer.find((one) => one.name === name)!.raw_data;
      return new Float32Array(raw.buffer.slice(raw.byteOffset, raw.byteOffset + raw.byteLength));
    };
    expect(bytes("patch_embed.proj.weight")).toEqual(encoder.parameters["patch_embed.proj.weight"]!.dataSync());
    expect(bytes("blocks.1.mlp.fc1.weight")).toEqual(tidy(() => transpose(encoder.parameters["blocks.1.mlp.fc1.weight"]!).dataSync()));
  });

  test("every value is made once, before it is used, and every constant is used", async () => {
    const { graph } = decodeOnnx(await modelOf(encoder, { attentions: true }));
    const constants = graph.initializer.map(({ name }) => name);
    const there = new Set(["pixel_values", ...constants]);
    const used = new Set<string>();
    for (const { input, output } of graph.node) {
      for (const name of input) {
        expect(there, name).toContain(name);
        used.add(name);
      }
      for (const name of output) {
        expect(there, name).not.toContain(name);
        there.add(name);
      }
    }
    expect(new Set(graph.node.map(({ name }) => name)).size).toBe(graph.node.length);
    expect(constants.filter((name) => !used.has(name))).toEqual([]);
    expect([...there].filter((name) => !used.has(name)).sort()).toEqual(["attentions", "pooler_output"]);
  });

  test("of the same encoder has the same bytes, and writing leaves no tensor behind", async () => {
    const first = await modelOf(encoder);
    const before = memory().numTensors;
    expect(Buffer.compare(await modelOf(encoder), first)).toBe(0);
    expect(memory().numTensors).toBe(before);
  });

  test("of more than 2 GB is refused", async () => {
    // Zeros that no one touches take no memory.
    const initializers = new Map([0, 1].map((index) => [`weight${index}`, { shape: [2 ** 28], values: new Float32Array(2 ** 28) }]));
    await expect(encodeOnnx({ inputs: [], outputs: [], nodes: [], initializers })).rejects.toThrow(/format onnx: expected weights of less than 2 GB, the most that an \.onnx file holds, received 2\.15 GB\. .*write it as "hf"/);
  });
});

describe("the folder", () => {
  test("holds the graph, configurations and a model card for transformers.js", async () => {
    const path = join(folder, "plain");
    const encoder = shaken(small);
    await saveEncoder(encoder, path, { format: "onnx", preprocessing: { mean: [0.5], std: [0.25] } });
    expect(readdirSync(path).sort()).toEqual(["README.md", "config.json", "onnx", "preprocessor_config.json"]);
    expect(readdirSync(`${path}/onnx`)).toEqual(["model.onnx"]);
    const hf = await encoderFiles(encoder, { format: "hf", preprocessing: { mean: [0.5], std: [0.25] } });
    for (const name of ["config.json", "preprocessor_config.json"]) expect(readFileSync(`${path}/${name}`, "utf8")).toBe(hf.get(name));
    expect((await readPreprocessing(path))!.std).toEqual([0.25, 0.25, 0.25]);
    const card = readFileSync(`${path}/README.md`, "utf8");
    for (const part of ["library_name: transformers.js\n", 'pipeline("image-feature-extraction", "FOLDER"', "- Images of 16 x 16 pixels alone"]) expect(card).toContain(part);
  });

  test("is written for an encoder that no class of transformers can be, and says so", async () => {
    const files = await encoderFiles(shaken({ ...small, clsToken: false, layerScale: 1 }), { format: "onnx" });
    expect(JSON.parse(files.get("config.json") as string)).toMatchObject({ model_type: "ijepa", hidden_size: 16 });
    expect(files.get("README.md")).toContain("- No class of transformers is this network: config.json names IJepaModel");
  });

  test("alone has no weights that are read here, which the error says; beside the form of transformers it has", async () => {
    const path = join(folder, "both");
    const encoder = shaken(small);
    await saveEncoder(encoder, path, { format: "onnx" });
    await expect(loadEncoder(path)).rejects.toThrow(/both: expected weights, received onnx\/model\.onnx, a graph for ONNX Runtime/);
    await saveEncoder(encoder, path, { format: "hf", overwrite: true });
    expect(readdirSync(`${path}/onnx`)).toEqual(["model.onnx"]);
    expect((await loadEncoder(path)).config).toEqual(encoder.config);
  });

  test("is refused in half precision", async () => {
    await expect(encoderFiles(shaken(small), { format: "onnx", dtype: "F16" })).rejects.toThrow(/dtype: expected F32 for format onnx, received F16/);
  });
});
