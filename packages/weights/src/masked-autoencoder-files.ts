import { ConfigError, type Encoder, type ParameterMap } from "@ssl-vit/core";
import { exportMaskedAutoencoder, type MaskedAutoencoderFacts } from "./export-masked-autoencoder.js";
import { assertFinite, code, type FolderOptions, folderFiles } from "./folder-files.js";
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
 * @throws ConfigError for a model that the class cannot be, one without a decoder, and weights that are no finite numbers
 */
export async function maskedAutoencoderFiles(model: DecodedEncoder, { card = {}, files = {}, preprocessing: given = {}, dtype = "F32" }: FolderOptions = {}): Promise<ReadonlyMap<string, string | Uint8Array>> {
  const { encoder } = model;
  const config = vitConfigOf(encoder);
  const preprocessing = completePreprocessing(given, config.imageSize, config.channels);
  const [own, decoder] = await Promise.all([variableValues(encoder), variableValues({ parameters: ofDecoder(model.parameters), buffers: ofDecoder(model.buffers) })]);
  for (const name of ["mask_token", "decoder_embed.weight", "decoder_pos_embed", "decoder_blocks.0.mlp.fc1.weight"]) {
    if (!decoder.has(name)) throw new ConfigError({ package: "weights", what: "masked autoencoder", expected: `a decoder with ${name}`, received: "one without", fix: "Write the encoder alone, by saveEncoder." });
  }
  assertFinite(own);
  assertFinite(decoder);
  const exported = exportMaskedAutoencoder(config, own, decoder, model, preprocessing);
  return folderFiles(exported, { layout: encoder.layout, preprocessing, isPreprocessingGiven: given.mean !== undefined, dtype, card, files, usage });
}

/** Of all variables of a method those of its decoder. */
const ofDecoder = (variables: ParameterMap): ParameterMap => Object.fromEntries(Object.entries(variables).filter(([name]) => /^(mask_token|decoder_pos_embed)$|^decoder_(embed|blocks|norm|pred)\./.test(name)));

const usage = code("python", [
  "from transformers import AutoImageProcessor, ViTMAEForPreTraining",
  'processor = AutoImageProcessor.from_pretrained("FOLDER")',
  'model = ViTMAEForPreTraining.from_pretrained("FOLDER")',
  'output = model(**processor(images=image, return_tensors="pt"))  # masked at random',
  "pictures = model.unpatchify(output.logits)",
]);
