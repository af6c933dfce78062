import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createRandom, disposeMethod, methodVariables, type Random } from "@ssl-vit/core";
import { disposeMask, maskFromNoise } from "@ssl-vit/masking";
import { decodeSafetensors, type SafeTensor } from "@ssl-vit/safetensors";
import { expectNoLeaks, type GoldenArray, sharedPath, testGoldenStep, testMethod, testOnRanks } from "@ssl-vit/testing";
import { vit } from "@ssl-vit/vit";
import { concat, randomNormal, reshape, sum, type Tensor, tensor, type Tensor2D, type Tensor4D, variableGrads } from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { mae } from "../src/index.js";

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
