import { ConfigError } from "@ssl-vit/core";
import { type DecodedEncoder, loadMaskedAutoencoder } from "@ssl-vit/weights";
import { runFolderOf } from "./load-checkpoint.js";
import { loadRunMethod } from "./load-run.js";

/**
 * The encoder that `--checkpoint` names together with its decoder: of a run whose method has MAE's, or of weights that have one.
 *
 * @throws ConfigError for what has no such decoder
 */
export async function loadDecoded(path: string): Promise<DecodedEncoder> {
  if ((await runFolderOf(path)) === undefined) return loadMaskedAutoencoder(path);
  const { name, config, encoder, trainable, buffers } = await loadRunMethod(path);
  const { decoderHeads, maskRatio, normalizeTarget } = config;
  if (!("decoder_embed.weight" in trainable) || typeof decoderHeads !== "number" || typeof maskRatio !== "number" || typeof normalizeTarget !== "boolean") {
    throw new ConfigError({ package: "cli", what: "--model vit-mae", expected: "a run with the decoder of MAE, or a folder of ViTMAEForPreTraining", received: `a run of ${name}`, fix: "Leave --model out to write the encoder." });
  }
  return { encoder, parameters: trainable, buffers, decoderHeads, maskRatio, normalizeTarget };
}
