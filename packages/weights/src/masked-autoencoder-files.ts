import { ConfigError, type Encoder, type ParameterMap } from "@ssl-vit/core";
import { isRecord } from "./config-fields.js";
import { exportMaskedAutoencoder, type MaskedAutoencoderFacts } from "./export-masked-autoencoder.js";
import { assertFinite, assertFolderOptions, code, type FolderOptions, folderFiles } from "./folder-files.js";
import { completePreprocessing } from "./preprocessing.js";
import { variableValues, vitConfigOf } from "./variable-values.js";

/** An encoder with MAE's decoder: what `loadMaskedAutoencoder` gives, or the parts of the method `mae`. */
export interface DecodedEncoder extends MaskedAutoencoderFacts {
  readonly encoder: Encoder;
  /** `mask_token`, `decoder_embed.…`, `decoder_blocks.0.…`, … `decoder_pred.…`; the encoder's are passed over. */
  readonly parameters: ParameterMap;
  /** `decoder_pos_embed`. */
  readonly buffers: ParameterMap;
}

/**
 * The files of a folder that holds a masked autoencoder as transformers' `ViTMAEForPreTraining`: config.json, model.safetensors, preprocessor_config.json, README.md. Nothing
 * is written, so this runs in a browser too.
 *
 * @throws ConfigError for a model that the class cannot be, one without a decoder or with another encoder's (what is missing, and what is unexpected or of another shape), heads
 *   or a mask ratio that cannot be, an option that is none, and weights that are no finite numbers
 */
export async function maskedAutoencoderFiles(model: DecodedEncoder, options: FolderOptions = {}): Promise<ReadonlyMap<string, string | Uint8Array>> {
  assertFolderOptions(options);
  assertParts(model);
  const { card = {}, files = {}, preprocessing: given = {}, dtype = "F32" } = options;
  const { encoder } = model;
  const config = vitConfigOf(encoder);
  const preprocessing = completePreprocessing(given, config.imageSize, config.channels, { where: "preprocessing" });
  const [own, decoder] = await Promise.all([variableValues(encoder), variableValues({ parameters: ofDecoder(model.parameters), buffers: ofDecoder(model.buffers) })]);
  const exported = exportMaskedAutoencoder(config, encoder.layout, own, decoder, model, preprocessing);
  assertFinite("encoder", own);
  assertFinite("decoder", decoder);
  return folderFiles(exported, { layout: encoder.layout, preprocessing, isPreprocessingGiven: given.mean !== undefined, dtype, card, files, what: "masked autoencoder", usage: usageOf(model) });
}

/** Refuses what is not the whole of a model, as `{ encoder }` alone. */
function assertParts(model: unknown): void {
  const parts: Readonly<Record<string, unknown>> = isRecord(model) ? model : {};
  const missing = [...["encoder", "parameters", "buffers"].filter((name) => !isRecord(parts[name])), ...["decoderHeads", "maskRatio", "normalizeTarget"].filter((name) => parts[name] === undefined)];
  if (missing.length === 0) return;
  const fix = "loadMaskedAutoencoder gives all of them, and so do the parts of the method mae. An encoder alone is written by saveEncoder.";
  throw new ConfigError({ package: "weights", what: "masked autoencoder", expected: "encoder, parameters, buffers, decoderHeads, maskRatio and normalizeTarget", received: `one without ${missing.join(", ")}`, fix });
}

/** Of all variables of a method those of its decoder. */
const ofDecoder = (variables: ParameterMap): ParameterMap => Object.fromEntries(Object.entries(variables).filter(([name]) => /^(mask_token|decoder_pos_embed)$|^decoder_(embed|blocks|norm|pred)\./.test(name)));

/** Normalised patches are no picture before each has its mean and deviation again. */
const usageOf = ({ normalizeTarget }: MaskedAutoencoderFacts): string =>
  code("python", [
    "from transformers import AutoImageProcessor, ViTMAEForPreTraining",
    'processor = AutoImageProcessor.from_pretrained("FOLDER")',
    'model = ViTMAEForPreTraining.from_pretrained("FOLDER")',
    'inputs = processor(images=image, return_tensors="pt")',
    "output = model(**inputs)  # masked at random: output.mask is 1 where a patch was not seen",
    ...(normalizeTarget
      ? [
          'pixels = model.patchify(inputs["pixel_values"])',
          "patches = output.logits * (pixels.var(-1, keepdim=True) + 1e-6) ** 0.5 + pixels.mean(-1, keepdim=True)",
          "pictures = model.unpatchify(patches)  # [1, channels, height, width], normalised as the inputs are",
        ]
      : ["pictures = model.unpatchify(output.logits)  # [1, channels, height, width], normalised as the inputs are"]),
  ]);
