import { assertShape, ConfigError, createRandom, type Encoder, type Float, type ForwardContext, type ParameterMap, prefixParameters, withoutGradient } from "@ssl-vit/core";
import { maskedPatchMse } from "@ssl-vit/losses";
import { gatherTokens, maskFromNoise, type PatchNoise, visiblePatches } from "@ssl-vit/masking";
import { createPatchDecoder, type PatchDecoder, patchify } from "@ssl-vit/vit";
import { tidy } from "@tensorflow/tfjs-core";
import { assertTensors, assignTensors } from "./assign-tensors.js";
import { configFields } from "./config-fields.js";
import { type DecoderSizes, decoderShapes } from "./decoder-shapes.js";
import { blockIndex } from "./encoder-facts.js";
import { type TranslatedEncoder, translateEncoder } from "./encoder-tensors.js";
import { maeDecoderKeys, transformersDecoderKeys } from "./key-map-decoder.js";
import { type LoadEncoderOptions, readEncoder } from "./load-encoder.js";
import { mlpRatioOf } from "./mlp-ratio.js";
import { type OpenedModel, openModel } from "./open-model.js";

/** Options of `loadMaskedAutoencoder`. What a configuration says is not asked for. */
export interface LoadMaskedAutoencoderOptions extends Pick<LoadEncoderOptions, "numHeads" | "inside"> {
  /** Attention heads of the decoder. Default: the configuration's, else 16, as of every published MAE. */
  readonly decoderHeads?: number;
  /** Share of the patches that is masked. Default: the configuration's, else 0.75. */
  readonly maskRatio?: number;
  /** Whether patches are predicted normalised by their own mean and deviation (`norm_pix_loss`). Default: the configuration's, else false. */
  readonly normalizeTarget?: boolean;
}

/** What a masked autoencoder makes of images. The caller owns the tensors. */
export interface MaskedPrediction {
  /** Predicted patches, [B, P, patchSize²·C], a patch as row, column, channel; normalised patch by patch when `normalizeTarget` is on. */
  readonly prediction: Float<"B P D">;
  /** 1 = the encoder did not see the patch, [B, P]. */
  readonly mask: Float<"B P">;
  /** Mean squared error over the masked patches. */
  readonly loss: Float<"">;
}

/** An encoder with MAE's decoder. */
export interface MaskedAutoencoder {
  readonly encoder: Encoder;
  readonly decoderHeads: number;
  /** ε of the decoder's normalisations. */
  readonly decoderEpsilon: number;
  readonly maskRatio: number;
  readonly normalizeTarget: boolean;
  /** `encoder.…` and the decoder's, named as in the method `mae`. */
  readonly parameters: ParameterMap;
  /** Fixed positions. */
  readonly buffers: ParameterMap;
  /** What the file calls a parameter or buffer; of one that it has in parts (queries, keys, values), the parts, one below the other. */
  sourceNames(name: string): readonly string[];
  /**
   * Masks the patches with the highest noise, predicts all and compares the masked ones; differentiable in the parameters.
   *
   * @param images [B, Y, X, C] of the encoder's size
   * @param options.noise one number a patch, [B, P]
   */
  forward(images: Float<"B Y X C">, options: { readonly noise: Float<"B P"> | PatchNoise; readonly context?: ForwardContext }): MaskedPrediction;
}

/**
 * Loads a masked autoencoder with its decoder: a folder of transformers' ViTMAEForPreTraining, or a file of facebookresearch/mae with the decoder in it.
 *
 * @returns the model on the current backend; its variables are the caller's to dispose
 * @throws ConfigError as `loadEncoder` does, and where there is no decoder
 */
export async function loadMaskedAutoencoder(location: string, options: LoadMaskedAutoencoderOptions = {}): Promise<MaskedAutoencoder> {
  const model = await openModel(location, options);
  try {
    return await read(model, options);
  } finally {
    await model.state.close();
  }
}

async function read(model: OpenedModel, options: LoadMaskedAutoencoderOptions): Promise<MaskedAutoencoder> {
  const { location, state, encoder: found, isComplete, config } = model;
  const isTransformers = found.keys.family.startsWith("transformers");
  const prefix = isTransformers ? found.prefix.replace(/vit\.$/, "") : found.prefix;
  const translated = translateEncoder(state, { keys: isTransformers ? transformersDecoderKeys : maeDecoderKeys, prefix }, isComplete);
  const fields = configFields(config, model.claims.file);
  const sizes = decoderSizes(translated, location);
  for (const [key, size] of [["decoder_hidden_size", sizes.dim], ["decoder_num_hidden_layers", sizes.depth], ["decoder_intermediate_size", sizes.hiddenDim]] as const) {
    if (fields.has(key) && fields.whole(key, 1) !== size) fields.refuse(key, `${size} as the weights have`, "The configuration is of another model than the weights.");
  }
  const maskRatio = options.maskRatio ?? fields.positive("mask_ratio", 0.75);
  const normalizeTarget = options.normalizeTarget ?? fields.flag("norm_pix_loss", false);
  const numHeads = options.decoderHeads ?? fields.whole("decoder_num_attention_heads", 16);
  if (!(Number.isInteger(numHeads) && numHeads > 0 && sizes.dim % numHeads === 0)) {
    throw new ConfigError({ package: "weights", what: "decoder_num_attention_heads", expected: `a divisor of the decoder's width ${sizes.dim}`, received: String(numHeads), fix: "Say it: loadMaskedAutoencoder(folder, { decoderHeads })." });
  }
  const encoder = await readEncoder(model, options);
  const { layout } = encoder;
  const patches = layout.gridSize[0] * layout.gridSize[1];
  const layerNormEpsilon = encoder.config["layerNormEpsilon"] as number;
  const qkvBias = encoder.config["qkvBias"] === true;
  let visible: number;
  let decoder: PatchDecoder;
  try {
    visible = visiblePatches(patches, maskRatio);
    // Before a variable is made: none is larger than what the file holds.
    assertTensors(decoderShapes(layout, { ...sizes, qkvBias }), translated.tensors, translated, location);
    decoder = createPatchDecoder(createRandom(0), {
      inputDim: layout.embedDim,
      dim: sizes.dim,
      depth: sizes.depth,
      numHeads,
      mlpRatio: mlpRatioOf(sizes.hiddenDim, sizes.dim),
      gridSize: layout.gridSize,
      prefixTokens: Number(layout.hasClsToken) + layout.registerTokens,
      outputDim: layout.patchSize ** 2 * layout.channels,
      qkvBias,
      layerNormEpsilon,
      initialization: "zeros",
    });
    // Disposes the decoder's where it fails.
    await assignTensors({ ...decoder.parameters, ...decoder.buffers }, translated.tensors, translated, location);
  } catch (error) {
    for (const variable of Object.values({ ...encoder.parameters, ...encoder.buffers })) variable.dispose();
    throw error;
  }
  const encoderPrefix = "encoder.";
  return {
    encoder,
    decoderHeads: numHeads,
    decoderEpsilon: layerNormEpsilon,
    maskRatio,
    normalizeTarget,
    parameters: { ...prefixParameters({ encoder: encoder.parameters }), ...decoder.parameters },
    buffers: { ...prefixParameters({ encoder: encoder.buffers }), ...decoder.buffers },
    sourceNames: (name) =>
      name.startsWith(encoderPrefix) ? found.keys.toTheirs(name.slice(encoderPrefix.length)).map((theirs) => found.prefix + theirs) : (translated.sources.get(name) ?? []),
    forward: (images, { noise, context }) => {
      assertShape("weights", "images", images, [-1, ...layout.imageSize, layout.channels]);
      return tidy(() => {
        const mask = maskFromNoise(noise, visible);
        assertShape("weights", "noise", mask.mask, [images.shape[0], patches]);
        const seen = gatherTokens(encoder.embedPatches(images), mask.visibleIndices); // [B, M, D]
        const prediction = decoder.predict(encoder.encodeTokens(seen, context), mask); // [B, P, p²·C]
        const target = withoutGradient(() => patchify(images, layout.patchSize));
        return { prediction, mask: mask.mask, loss: maskedPatchMse(prediction, target, mask.mask, { normalizeTarget }) };
      });
    },
  };
}

/**
 * Sizes of the decoder, off its tensors.
 *
 * @throws ConfigError for a file without one, and for a tensor of a shape that no decoder has
 */
function decoderSizes({ tensors, sources }: TranslatedEncoder, location: string): Omit<DecoderSizes, "qkvBias"> {
  if (!tensors.names.has("decoder_embed.weight")) {
    throw new ConfigError({ package: "weights", what: location, expected: "a decoder (decoder_embed.weight)", received: "an encoder alone", fix: "Load it by loadEncoder, or take the authors' file with the decoder (mae_visualize_…, mae_pretrain_…_full)." });
  }
  const outputsOf = (name: string, expected: string, holds: (outputs: number) => boolean): number => {
    const shape = tensors.shape(name);
    if (shape.length === 2 && shape.every((size) => size > 0) && holds(shape[0]!)) return shape[0]!;
    throw new ConfigError({ package: "weights", what: `${location}: tensor ${sources.get(name)!.join(" with ")}`, expected: `shape ${expected}`, received: `[${shape.join(", ")}]` });
  };
  // Fixed positions of sines and cosines have four parts.
  const dim = outputsOf("decoder_embed.weight", "[a multiple of 4, the encoder's width]", (width) => width % 4 === 0);
  const blocks = [...tensors.names].flatMap((name) => blockIndex(name, "decoder_blocks", tensors.names, (of) => sources.get(of)!) ?? []);
  const first = "decoder_blocks.0.mlp.fc1.weight";
  return { dim, depth: Math.max(0, ...blocks.map((index) => index + 1)), hiddenDim: tensors.names.has(first) ? outputsOf(first, `[hidden, ${dim}]`, () => true) : 4 * dim };
}
