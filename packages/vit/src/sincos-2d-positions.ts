import { ConfigError } from "@ssl-vit/core";

/** Options of `sincos2dPositions`. */
export interface Sincos2dOptions {
  /** Patches, [rows, columns]. */
  readonly gridSize: readonly [number, number];
  /** A multiple of 4. */
  readonly embedDim: number;
  /** Tokens before the patches; they get zeros. Default 0. */
  readonly prefixTokens?: number;
}

/**
 * Fixed two-dimensional positions: with frequencies ω_k = 10000^(-k ÷ (D/4)), the sines and cosines of column·ω fill the first half of
 * the channels, those of row·ω the second. The layout of MAE (`get_2d_sincos_pos_embed` of facebookresearch/mae, `util/pos_embed.py`).
 *
 * @returns prefixTokens + rows·columns rows of embedDim values, flat
 * @throws ConfigError when 4 does not divide embedDim
 */
export function sincos2dPositions({ gridSize: [rows, columns], embedDim, prefixTokens = 0 }: Sincos2dOptions): Float32Array {
  if (embedDim % 4 !== 0)
    throw new ConfigError({ package: "vit", what: "embedDim", expected: "a multiple of 4", received: String(embedDim) });
  const quarter = embedDim / 4;
  const positions = new Float32Array((prefixTokens + rows * columns) * embedDim);
  for (let patch = 0; patch < rows * columns; patch++) {
    const start = (prefixTokens + patch) * embedDim;
    const coordinates = [patch % columns, Math.floor(patch / columns)];
    for (const [half, coordinate] of coordinates.entries()) {
      for (let index = 0; index < quarter; index++) {
        const angle = coordinate / 10_000 ** (index / quarter);
        positions[start + 2 * half * quarter + index] = Math.sin(angle);
        positions[start + (2 * half + 1) * quarter + index] = Math.cos(angle);
      }
    }
  }
  return positions;
}
