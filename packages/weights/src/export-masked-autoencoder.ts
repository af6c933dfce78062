import { ConfigError, type EncoderLayout } from "@ssl-vit/core";
import { visiblePatches } from "@ssl-vit/masking";
import type { VitConfig } from "@ssl-vit/vit";
import { sortedNames } from "./assign-tensors.js";
import { type DecoderSizes, decoderShapes } from "./decoder-shapes.js";
import type { EncoderExport } from "./encoder-export.js";
import { partsBeyondVit, renamed, sharedFields, withClsPosition } from "./export-transformers.js";
import { jsonText } from "./json-text.js";
import { transformersDecoderKeys } from "./key-map-decoder.js";
import { transformersVitKeys } from "./key-map-transformers.js";
import type { Preprocessing } from "./preprocessing.js";
import { preprocessorConfig } from "./preprocessor-config.js";
import { valueText } from "./value-text.js";
import type { EncoderValues } from "./variable-values.js";

const NO_DECODER = "Write the encoder alone, by saveEncoder.";

/** What no tensor of a masked autoencoder tells. */
export interface MaskedAutoencoderFacts {
  /** Attention heads of the decoder. */
  readonly decoderHeads: number;
  /** ε of the decoder's normalisations. Default 1e-6, as in @ssl-vit/mae. */
  readonly decoderEpsilon?: number;
  /** Share of the patches that is masked. */
  readonly maskRatio: number;
  /** Whether patches are predicted normalised by their own mean and deviation. */
  readonly normalizeTarget: boolean;
}

/**
 * A masked autoencoder as transformers' `ViTMAEForPreTraining`.
 *
 * @param own the encoder's tensors
 * @param decoder the decoder's, named as in `models_mae.py`
 * @throws ConfigError naming what the class does not have, the tensors that are no decoder of this encoder, or heads and a mask ratio that cannot be
 */
export function exportMaskedAutoencoder(config: VitConfig, layout: EncoderLayout, own: EncoderValues, decoder: EncoderValues, facts: MaskedAutoencoderFacts, preprocessing: Preprocessing): EncoderExport {
  const tensors = config.prefixPositions === false ? new Map([...own, ["pos_embed", withClsPosition(own.get("pos_embed")!)]]) : own;
  const sizes = sizesOf(decoder, config);
  const reasons = reasonsAgainst(config, decoder, facts);
  if (reasons.length > 0) throw new ConfigError({ package: "weights", what: "masked autoencoder", expected: "one that transformers' ViTMAEForPreTraining can be", received: reasons.join("; "), fix: NO_DECODER });
  assertDecoder(decoder, decoderShapes(layout, sizes));
  assertFacts(facts, sizes, layout);
  return {
    config: {
      architectures: ["ViTMAEForPreTraining"],
      model_type: "vit_mae",
      ...sharedFields(config),
      intermediate_size: own.get("blocks.0.mlp.fc1.weight")!.shape[0],
      decoder_hidden_size: sizes.dim,
      decoder_num_hidden_layers: sizes.depth,
      decoder_num_attention_heads: facts.decoderHeads,
      decoder_intermediate_size: sizes.hiddenDim,
      mask_ratio: facts.maskRatio,
      norm_pix_loss: facts.normalizeTarget,
      torch_dtype: "float32",
      ssl_vit: config,
    },
    tensors: new Map([
      ...[...tensors].flatMap(([name, value]) => renamed(transformersVitKeys, name, value).map(([theirs, part]) => [`vit.${theirs}`, part] as const)),
      ...[...decoder].flatMap(([name, value]) => renamed(transformersDecoderKeys, name, value)),
    ]),
    files: new Map([["preprocessor_config.json", jsonText(preprocessorConfig(preprocessing))]]),
    notes: ["transformers' ViTMAEModel and AutoModel mask and shuffle the patches of every image, with mask_ratio 0 as well: features come from the export of the encoder alone."],
    library: "transformers",
    purpose: {
      model: `Behind it a decoder of ${sizes.depth} block${sizes.depth === 1 ? "" : "s"}, width ${sizes.dim}, ${facts.decoderHeads} head${facts.decoderHeads === 1 ? "" : "s"}, which predicts the pixels of every patch${facts.normalizeTarget ? ", normalised by the patch's own mean and deviation," : ""} where ${facts.maskRatio} of the patches are masked.`,
      use: "Pictures of what is masked, and training that goes on. Features of images come from the export of the encoder alone.",
    },
  };
}

/** Sizes of the decoder, off its tensors. */
function sizesOf(decoder: EncoderValues, { qkvBias }: VitConfig): DecoderSizes {
  const matrix = (name: string): readonly number[] => {
    const shape = decoder.get(name)?.shape;
    if (shape === undefined) throw new ConfigError({ package: "weights", what: "masked autoencoder", expected: `a decoder with ${name}`, received: "one without", fix: NO_DECODER });
    if (shape.length !== 2 || shape.includes(0)) throw new ConfigError({ package: "weights", what: `masked autoencoder: ${name}`, expected: "shape [outputs, inputs]", received: `[${shape.join(", ")}]` });
    return shape;
  };
  const [dim = 0] = matrix("decoder_embed.weight");
  const [hiddenDim = 0] = matrix("decoder_blocks.0.mlp.fc1.weight");
  const depth = [...decoder.keys()].filter((name) => /^decoder_blocks\.\d+\.norm1\.weight$/.test(name)).length;
  return { dim, depth, hiddenDim, qkvBias };
}

/** Refuses another decoder than this encoder's: what is missing, what is there besides, and what has another shape. */
function assertDecoder(decoder: EncoderValues, shapes: ReadonlyMap<string, readonly number[]>): void {
  const missing = [...shapes.keys()].filter((name) => !decoder.has(name));
  const unexpected = [...decoder].flatMap(([name, { shape }]) => {
    const wanted = shapes.get(name);
    if (wanted === undefined) return [name];
    return wanted.join() === shape.join() ? [] : [`${name} [${shape.join(", ")}] in place of [${wanted.join(", ")}]`];
  });
  if (missing.length === 0 && unexpected.length === 0) return;
  throw new ConfigError({
    package: "weights",
    what: "masked autoencoder",
    expected: "the tensors of a decoder of this encoder, no more and no fewer",
    received: `missing: ${sortedNames(missing)}; unexpected or of another shape: ${sortedNames(unexpected)}`,
  });
}

/** Refuses what no tensor tells, where the class or `loadMaskedAutoencoder` could not make a model of it. */
function assertFacts({ decoderHeads, maskRatio, normalizeTarget }: MaskedAutoencoderFacts, { dim }: DecoderSizes, { gridSize }: EncoderLayout): void {
  const refuse = (what: string, expected: string, received: unknown): never => {
    throw new ConfigError({ package: "weights", what: `masked autoencoder: ${what}`, expected, received: valueText(received) });
  };
  if (dim % 4 !== 0) refuse("decoder_embed.weight", "a decoder whose width 4 divides, for its positions", dim);
  if (!(Number.isInteger(decoderHeads) && decoderHeads > 0 && dim % decoderHeads === 0)) refuse("decoderHeads", `a divisor of the decoder's width ${dim}`, decoderHeads);
  if (typeof maskRatio !== "number") refuse("maskRatio", "a number", maskRatio);
  visiblePatches(gridSize[0] * gridSize[1], maskRatio); // refuses a ratio that these patches cannot have
  if (typeof normalizeTarget !== "boolean") refuse("normalizeTarget", "true or false", normalizeTarget);
}

/** What the class cannot say. */
function reasonsAgainst(config: VitConfig, decoder: EncoderValues, { decoderEpsilon = 1e-6 }: MaskedAutoencoderFacts): string[] {
  const { clsToken, imageSize, layerNormEpsilon, qkvBias } = config;
  const decoderBias = decoder.has("decoder_blocks.0.attn.qkv.bias");
  return [
    ...(clsToken ? [] : ["no [CLS] token"]),
    ...partsBeyondVit(config),
    ...(imageSize[0] === imageSize[1] ? [] : [`images of ${imageSize.join(" x ")}`]),
    ...(layerNormEpsilon === decoderEpsilon ? [] : [`an encoder with ε ${layerNormEpsilon} and a decoder with ${decoderEpsilon}`]),
    ...(qkvBias === decoderBias ? [] : [`biases of queries, keys and values in ${qkvBias ? "the encoder" : "the decoder"} alone`]),
  ];
}
