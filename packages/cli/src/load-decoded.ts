import { ConfigError, disposeMethod } from "@ssl-vit/core";
import { type DecodedEncoder, loadMaskedAutoencoder } from "@ssl-vit/weights";
import type { LoadedCheckpoint } from "./load-checkpoint.js";
import { loadRunMethod, pinnedCheckpoint } from "./load-run.js";

/**
 * The encoder that `--checkpoint` names together with its decoder: of a run whose method has MAE's, or of weights that have one. It is the checkpoint that was found before, also
 * when the run has saved another since; the encoder of it is disposed.
 *
 * @param path what was named
 * @param found what was found there
 * @throws ConfigError for what has no such decoder
 */
export async function loadDecoded(path: string, { run, encoder: alone }: Pick<LoadedCheckpoint, "run" | "encoder">): Promise<DecodedEncoder> {
  for (const variable of Object.values({ ...alone.parameters, ...alone.buffers })) variable.dispose();
  if (run === undefined) return loadMaskedAutoencoder(path);
  const method = await loadRunMethod(await pinnedCheckpoint(path, run));
  const { name, config, encoder, trainable, buffers } = method;
  const { decoderHeads, maskRatio, normalizeTarget } = config;
  if (!("decoder_embed.weight" in trainable) || typeof decoderHeads !== "number" || typeof maskRatio !== "number" || typeof normalizeTarget !== "boolean") {
    disposeMethod(method);
    throw new ConfigError({ package: "cli", what: "--model vit-mae", expected: "a run with the decoder of MAE, or a folder of ViTMAEForPreTraining", received: `a run of ${name}`, fix: "Leave --model out to write the encoder." });
  }
  return { encoder, parameters: trainable, buffers, decoderHeads, maskRatio, normalizeTarget };
}
