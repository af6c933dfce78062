import type { EncoderLayout } from "@ssl-vit/core";

/** Sizes of MAE's decoder that no encoder tells. */
export interface DecoderSizes {
  readonly dim: number;
  readonly depth: number;
  readonly hiddenDim: number;
  /** Whether queries, keys and values have a bias. */
  readonly qkvBias: boolean;
}

/** The tensors that such a decoder has behind an encoder, those of `createPatchDecoder`, with their shapes: known before a variable is made. */
export function decoderShapes({ embedDim, gridSize, patchSize, channels, hasClsToken, registerTokens }: EncoderLayout, { dim, depth, hiddenDim, qkvBias }: DecoderSizes): ReadonlyMap<string, readonly number[]> {
  const layer = (name: string, outputs: number, inputs: number, hasBias = true): [string, number[]][] => [[`${name}.weight`, [outputs, inputs]], ...(hasBias ? [[`${name}.bias`, [outputs]] as [string, number[]]] : [])];
  const norm = (name: string): [string, number[]][] => [[`${name}.weight`, [dim]], [`${name}.bias`, [dim]]];
  const block = (name: string): [string, number[]][] => [
    ...norm(`${name}.norm1`),
    ...layer(`${name}.attn.qkv`, 3 * dim, dim, qkvBias),
    ...layer(`${name}.attn.proj`, dim, dim),
    ...norm(`${name}.norm2`),
    ...layer(`${name}.mlp.fc1`, hiddenDim, dim),
    ...layer(`${name}.mlp.fc2`, dim, hiddenDim),
  ];
  return new Map<string, readonly number[]>([
    ["mask_token", [1, 1, dim]],
    ...layer("decoder_embed", dim, embedDim),
    ["decoder_pos_embed", [1, Number(hasClsToken) + registerTokens + gridSize[0] * gridSize[1], dim]],
    ...Array.from({ length: depth }, (_, index) => block(`decoder_blocks.${index}`)).flat(),
    ...norm("decoder_norm"),
    ...layer("decoder_pred", patchSize ** 2 * channels, dim),
  ]);
}
