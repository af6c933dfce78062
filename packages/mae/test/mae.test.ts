import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createRandom, disposeMethod, type EncoderFactory, methodVariables, type Progress, type Random } from "@ssl-vit/core";
import { disposeMask, maskFromNoise } from "@ssl-vit/masking";
import { createOptimizer } from "@ssl-vit/optim";
import { decodeSafetensors, type SafeTensor } from "@ssl-vit/safetensors";
import { expectNoLeaks, type GoldenArray, randomBatch, sharedPath, stepContext, testGoldenStep, testMethod, testOnRanks } from "@ssl-vit/testing";
import { vit } from "@ssl-vit/vit";
import { concat, dispose, ones, randomNormal, reshape, sum, type Tensor, tensor, type Tensor2D, tensor2d, type Tensor4D, variableGrads, zeros } from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { mae, type MaeMethod } from "../src/index.js";

const encoders = vit({ imageSize: 8, patchSize: 2, embedDim: 12, depth: 2, numHeads: 2, positionEmbedding: "sincos2d", initialization: "mae" });
/** Drops half of the samples in its last block: by image and view, on whichever process. */
const dropping = vit({ imageSize: 8, patchSize: 2, embedDim: 12, depth: 2, numHeads: 2, positionEmbedding: "sincos2d", initialization: "mae", dropPathRate: 0.5 });
const options = { decoderDim: 8, decoderDepth: 1, decoderHeads: 2 };

testMethod(mae, { encoders, options, minimumImages: 1 });
testOnRanks(mae, { encoders: dropping, options });

const goldenFile = new URL("golden/step.json", import.meta.url);
// The script drew the noise that masks: the method receives an image's row as the draws of its stream "mask".
const { noise } = JSON.parse(readFileSync(goldenFile, "utf8")) as { noise: GoldenArray };
const recorded = {
  derive: (name: string, image: number) => ({ uniforms: (patches: number) => (name === "mask" ? Float32Array.from(noise.values.slice(image * patches, (image + 1) * patches)) : undefined) }),
} as unknown as Random;
testGoldenStep(mae, { encoders: vit, file: goldenFile, random: recorded });

describe("mae", () => {
  it.each([
    [{ maskRatio: 1 }, "maskRatio: expected a number in (0, 1), received 1."],
    [{ maskRatio: 0.99 }, "maskRatio: expected a number in (0, 1) that leaves at least one of 16 patches visible and one masked, received 0.99."],
    [{ cropScale: [0.5, 0.2] as const }, "cropScale: expected two numbers with 0 < first ≤ second ≤ 1, received [0.5,0.2]."],
    [{ decoderHeads: 3 }, "decoderHeads: expected a divisor of decoderDim 8, received 3."],
  ])("refuses %j", (wrong, message) => {
    expect(() => mae(encoders, { ...options, ...wrong })).toThrow(message);
  });

  it("reconstructs every patch and says which were hidden", async () => {
    const method = mae(encoders, options);
    const images: Tensor4D = randomNormal([3, 8, 8, 3], 0, 1, "float32", 1);
    await expectNoLeaks(() => {
      const { prediction, mask } = method.reconstruct(images, createRandom(1));
      expect(prediction.shape).toEqual([3, 16, 12]);
      const hidden = sum(mask, 1);
      expect([...hidden.dataSync()]).toEqual([12, 12, 12]);
      hidden.dispose();
      prediction.dispose();
      mask.dispose();
    });
    images.dispose();
    disposeMethod(method);
  });
});

describe("reproduction traps of models_mae.py and main_pretrain.py", () => {
  const paper = mae.presets["paper"];
  const at = (epoch: number): Progress => ({ step: epoch, epoch, totalSteps: 1600, totalEpochs: 1600 });
  /** Hides all patches of two images but the first four. */
  const firstFourVisible = () => maskFromNoise(tensor2d(Array.from({ length: 2 }, () => Array.from({ length: 16 }, (_, patch) => patch))), 4);

  /** A model of zeros: its blocks change nothing, its norms have a scale of 1, and the first value that it predicts is the first channel. */
  function blank(given: Parameters<typeof mae>[1] = {}): MaeMethod {
    const method = mae(encoders, { ...options, ...given });
    for (const [name, { size }] of methodVariables(method)) set(method, name, new Array<number>(size).fill(/norm\d?\.weight$/.test(name) ? 1 : 0));
    set(method, "decoder_pred.weight", Array.from({ length: 12 * 8 }, (_, index) => (index === 0 ? 1 : 0)));
    return method;
  }
  function set(method: MaeMethod, name: string, values: readonly number[]): void {
    const variable = methodVariables(method).get(name)!;
    const value = tensor([...values], variable.shape);
    variable.assign(value);
    value.dispose();
  }
  /** The loss of two images with the patches from the fifth on hidden. */
  function lossOf(method: MaeMethod, images: Tensor4D): number {
    const mask = firstFourVisible();
    const loss = method.lossOf(images, mask);
    const [value] = loss.dataSync();
    loss.dispose();
    disposeMask(mask);
    return value!;
  }
  const alternating = (size: number, value: number): number[] => Array.from({ length: size }, (_, index) => (index % 2 === 0 ? value : -value));

  it("trap 2, normalizeTarget divides by the unbiased variance: what is predicted as 0 costs (D − 1) / D", () => {
    const images: Tensor4D = randomNormal([2, 8, 8, 3], 3, 10, "float32", 1);
    const method = blank();
    set(method, "decoder_pred.weight", new Array<number>(96).fill(0));
    expect(lossOf(method, images)).toBeCloseTo(11 / 12, 5);
    expect(mae.defaults.normalizeTarget).toBe(true);
    images.dispose();
    disposeMethod(method);
  });

  it("the loss is that of the masked patches alone", () => {
    const method = blank({ normalizeTarget: false });
    // Patches are of 2 × 2 pixels: the upper two rows are the four visible ones.
    const upper: Tensor4D = concat([ones([2, 2, 8, 3]), zeros([2, 6, 8, 3])], 1);
    const lower: Tensor4D = concat([zeros([2, 2, 8, 3]), ones([2, 6, 8, 3])], 1);
    expect([upper, lower].map((images) => lossOf(method, images))).toEqual([0, 1]);
    dispose([upper, lower]);
    disposeMethod(method);
  });

  it.each([[8, 16, 4], [6, 9, 2], [28, 196, 49]])("of an image of %i px and patches of 2 the encoder sees, of %i patches, ⌊a quarter⌋: %i", (imageSize, patches, kept) => {
    const seen: number[] = [];
    const counting: EncoderFactory = (role) => {
      const encoder = vit({ imageSize, patchSize: 2, embedDim: 12, depth: 1, numHeads: 2, positionEmbedding: "sincos2d" })(role);
      return { ...encoder, encodeTokens: (tokens, context) => (seen.push(tokens.shape[1]), encoder.encodeTokens(tokens, context)) };
    };
    const method = mae(counting, options);
    const batch = randomBatch(method, 2);
    method.loss(batch, stepContext(0)).loss.dispose();
    expect(seen).toEqual([kept]);
    expect(kept).toBe(Math.floor(patches * 0.25));
    for (const { images } of batch.views) images.dispose();
    disposeMethod(method);
  });

  it("the mask token comes after the projection to the decoder's width: a projection of zeros leaves it", () => {
    const method = blank();
    const images: Tensor4D = randomNormal([2, 8, 8, 3], 0, 1, "float32", 1);
    set(method, "mask_token", alternating(8, 1));
    const { prediction, mask } = method.reconstruct(images, createRandom(1));
    const first = Array.from({ length: 32 }, (_, patch) => prediction.dataSync()[patch * 12]!);
    expect(first).toBeAllClose([...mask.dataSync()], { absolute: 1e-6 });
    expect(method.trainable["mask_token"]!.shape).toEqual([1, 1, 8]);
    dispose([images, prediction, mask]);
    disposeMethod(method);
  });

  it("trap 9, LayerNorms of encoder and decoder have an epsilon of 1e-6: a deviation of 1e-3 becomes √½", () => {
    const method = blank();
    const images: Tensor4D = zeros([1, 8, 8, 3]);
    set(method, "encoder.pos_embed", alternating(17 * 12, 1e-3));
    set(method, "decoder_pos_embed", alternating(17 * 8, 1e-3));
    const encoded = method.encoder.encode(images);
    expect(encoded).toBeAllClose(alternating(17 * 12, Math.SQRT1_2), { absolute: 1e-5 });
    const { prediction, mask } = method.reconstruct(images, createRandom(1));
    for (let patch = 0; patch < 16; patch++) expect(prediction.dataSync()[patch * 12]).toBeCloseTo(Math.SQRT1_2, 5);
    dispose([images, encoded, prediction, mask]);
    disposeMethod(method);
  });

  it("trap 10, one view: a bicubic crop of .2 to 1 of the area (antialiased, as @ssl-vit/augment compares with Pillow) and a flip, nothing else", () => {
    const method = mae(vit({ imageSize: 224, patchSize: 16, embedDim: 12, depth: 1, numHeads: 2 }), options);
    const operations = [{ kind: "randomResizedCrop", scale: [0.2, 1], interpolation: "bicubic" }, { kind: "horizontalFlip", probability: 0.5 }];
    expect(method.views.groups).toEqual([{ name: "global", count: 1, size: 224, operations }]);
    disposeMethod(method);
  });

  it("positions are fixed, of the encoder and of the decoder", () => {
    const method = mae(encoders, options);
    expect(paper.model).toMatchObject({ positionEmbedding: "sincos2d", initialization: "mae" });
    expect(Object.keys(method.buffers)).toEqual(["encoder.pos_embed", "decoder_pos_embed"]);
    expect(Object.keys(method.trainable).filter((name) => name.includes("pos_embed"))).toEqual([]);
    disposeMethod(method);
  });

  describe("one step of the paper's optimizer, all parameters and gradients 1", () => {
    /** Rates, and of every parameter the value after and both moments. */
    function stepOnce(epoch: number, batchSize = paper.batchSize) {
      const method = mae(encoders, options);
      const optimizer = createOptimizer(paper.optimizer, method.trainable, { batchSize });
      const gradients = Object.fromEntries(Object.entries(method.trainable).map(([name, { shape }]) => [name, ones(shape)]));
      for (const [name, parameter] of Object.entries(method.trainable)) parameter.assign(gradients[name]!);
      const { learningRate, weightDecay, gradientNorm } = optimizer.apply(gradients, at(epoch));
      const parameters = Object.entries(method.trainable).map(([name, parameter]) => {
        const moments = ["exp_avg", "exp_avg_sq"].map((moment) => optimizer.state().get(`${name}.${moment}`)!.dataSync()[0]!);
        return { name, after: parameter.dataSync()[0]!, moments };
      });
      dispose([gradientNorm, ...Object.values(gradients)]);
      optimizer.dispose();
      disposeMethod(method);
      return { learningRate, weightDecay, parameters };
    }

    it("trap 3, what is decayed by .05: neither biases nor norms, but all else, [CLS] and the mask token too", () => {
      const { learningRate, weightDecay, parameters } = stepOnce(40);
      expect(weightDecay).toBe(0.05);
      const isVector = (name: string): boolean => name.endsWith(".bias") || /norm\d?\.weight$/.test(name);
      // AdamW's first step is as long as the rate; decay of the 1 comes on top.
      for (const { name, after } of parameters) expect(after, name).toBeCloseTo(1 - learningRate * (isVector(name) ? 1 : 1.05), 6);
      expect(parameters.map(({ name }) => name).filter((name) => !isVector(name))).toEqual(expect.arrayContaining(["encoder.cls_token", "mask_token"]));
    });

    it("trap 4, the learning rate is 1.5e-4·B/256: up within 40 epochs, then along a cosine to 0; weight decay stays", () => {
      for (const [batchSize, peak] of [[256, 1.5e-4], [4096, 2.4e-3]] as const) {
        const rates = [0, 20, 40, 820, 1600].map((epoch) => stepOnce(epoch, batchSize).learningRate);
        expect(rates).toBeAllClose([0, peak / 2, peak, peak / 2, 0], { absolute: 1e-9 });
      }
      expect([0, 800, 1600].map((epoch) => stepOnce(epoch).weightDecay)).toEqual([0.05, 0.05, 0.05]);
    });

    it("trap 1, no clipping; betas of .9 and .95", () => {
      for (const { name, moments } of stepOnce(40).parameters) expect(moments, name).toBeAllClose([0.1, 0.05], { absolute: 1e-6 });
    });
  });
});

/** Hugging Face's names of the parameters that have other names here; the rest follows by rule. */
function huggingFaceName(name: string): string {
  return name
    .replace(/^encoder\.(cls_token)$/, "vit.embeddings.$1")
    .replace(/^encoder\.pos_embed$/, "vit.embeddings.position_embeddings")
    .replace(/^encoder\.patch_embed\.proj/, "vit.embeddings.patch_embeddings.projection")
    .replace(/^encoder\.blocks/, "vit.encoder.layer")
    .replace(/^encoder\.norm/, "vit.layernorm")
    .replace(/^decoder_blocks/, "decoder.decoder_layers")
    .replace(/^(mask_token|decoder_(embed|norm|pred|pos_embed))/, "decoder.$1")
    .replace(/\.norm1\./, ".layernorm_before.")
    .replace(/\.norm2\./, ".layernorm_after.")
    .replace(/\.attn\.proj\./, ".attention.output.dense.")
    .replace(/\.mlp\.fc1\./, ".intermediate.dense.")
    .replace(/\.mlp\.fc2\./, ".output.dense.");
}

const toTensor = ({ shape, data }: SafeTensor): Tensor => tensor(new Float32Array(data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength)), [...shape]);

describe.each(["hf-vit-mae", "hf-vit-mae-normpix"])("golden %s: ViTMAEForPreTraining", (folder) => {
  const path = sharedPath(`golden/models/${folder}`);
  it.runIf(path !== undefined)("gives the same loss, prediction and gradients (loss 1e-5, gradients 5e-4 of each tensor's largest)", () => {
    const read = (file: string): Readonly<Record<string, SafeTensor>> => decodeSafetensors(readFileSync(join(path!, file))).tensors;
    const [saved, io] = [read("model.safetensors"), read("io.safetensors")];
    const config = JSON.parse(readFileSync(join(path!, "config.json"), "utf8")) as Record<string, number>;
    const method = mae(
      vit({
        imageSize: config["image_size"]!,
        patchSize: config["patch_size"]!,
        embedDim: config["hidden_size"]!,
        depth: config["num_hidden_layers"]!,
        numHeads: config["num_attention_heads"]!,
        layerNormEpsilon: config["layer_norm_eps"]!,
        positionEmbedding: "sincos2d",
      }),
      {
        decoderDim: config["decoder_hidden_size"]!,
        decoderDepth: config["decoder_num_hidden_layers"]!,
        decoderHeads: config["decoder_num_attention_heads"]!,
        normalizeTarget: folder.endsWith("normpix"),
      },
    );
    // Hugging Face keeps query, key and value apart; here they are one matrix.
    const parts = (name: string): string[] =>
      name.includes(".attn.qkv.")
        ? ["query", "key", "value"].map((part) => huggingFaceName(name.replace(".attn.qkv.", `.attention.attention.${part}.`)))
        : [huggingFaceName(name)];
    const joined = (source: Readonly<Record<string, SafeTensor>>, name: string, prefix = ""): Tensor => {
      const found = parts(name).map((part) => toTensor(source[`${prefix}${part}`] ?? missing(`${prefix}${part}`)));
      return found.length === 1 ? found[0]! : concat(found);
    };
    const used = new Set<string>();
    for (const [name, variable] of methodVariables(method)) {
      variable.assign(reshape(joined(saved, name), variable.shape));
      parts(name).forEach((part) => used.add(part));
    }
    expect([...used].sort()).toEqual(Object.keys(saved).sort());

    const noise = toTensor(io["noise"]!) as Tensor2D;
    const mask = maskFromNoise(noise, Math.floor(noise.shape[1] * (1 - mae.defaults.maskRatio)));
    const images = toTensor(io["images"]!) as Tensor4D;
    expect(mask.mask).toBeAllClose(toTensor(io["mask"]!));
    const { value, grads } = variableGrads(() => method.lossOf(images, mask), Object.values(method.trainable));
    expect(value).toBeAllClose(toTensor(io["loss"]!), { relative: 1e-5 });
    for (const [name, variable] of Object.entries(method.trainable)) {
      const expected = joined(io, name, "grad.").dataSync<"float32">();
      const largest = expected.reduce((most, one) => Math.max(most, Math.abs(one)), 0);
      expect(grads[variable.name]!.dataSync(), name).toBeAllClose(expected, { absolute: 5e-4 * largest, relative: 0 });
    }
    disposeMask(mask);
    disposeMethod(method);
  });
});

function missing(name: string): never {
  throw new Error(`the golden file has no tensor ${name}`);
}
