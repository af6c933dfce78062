import type { InitializationName } from "./initializations.js";
import type { PositionInterpolation } from "./resampling-matrix.js";
import type { VitSize } from "./vit-sizes.js";

/** Options of `vit`. None is needed. */
export interface VitOptions {
  /** Width and depth by name (`vitSizes`). Default `"tiny"`. */
  readonly size?: VitSize;
  /** Pixels, one number for a square or [Y, X]. Default 32. Other sizes can be encoded too: positions are interpolated. */
  readonly imageSize?: number | readonly [number, number];
  /** Height and width of a patch in pixels. Default 4. */
  readonly patchSize?: number;
  /** Default 3. */
  readonly channels?: number;
  /** Overrides the size's. */
  readonly embedDim?: number;
  /** Number of blocks. Overrides the size's. */
  readonly depth?: number;
  /** Overrides the size's. */
  readonly numHeads?: number;
  /** Width of the blocks' perceptron ÷ embedDim. Overrides the size's. */
  readonly mlpRatio?: number;
  /**
   * The blocks' perceptron: GELU, or DINOv2's SwiGLU (`mlpRatio` is that of the GELU one it stands for; it is ⅔ as wide, in multiples of 8).
   * Default `"gelu"`.
   */
  readonly mlp?: "gelu" | "swiglu";
  /** Default true. */
  readonly qkvBias?: boolean;
  /** Default true. */
  readonly clsToken?: boolean;
  /** Registers (Darcet et al., arXiv 2309.16588), after [CLS]. Default 0. */
  readonly registerTokens?: number;
  /** Learned, or fixed sines and cosines (MAE's, MoCo v3's). Default `"learned"`. */
  readonly positionEmbedding?: "learned" | "sincos2d";
  /**
   * Whether [CLS] and registers have positions of their own; false is timm's `no_embed_class`, `"cls"` that of [CLS] alone (DINOv2 with registers).
   * Default true.
   */
  readonly prefixPositions?: boolean | "cls";
  /** How positions are taken to other grids. Default `"antialias"`. */
  readonly positionInterpolation?: PositionInterpolation;
  /** Start of LayerScale's factors. Default: no LayerScale. */
  readonly layerScale?: number;
  /**
   * Drop path of the last block, growing linearly from 0 in the first; only for the student, only in training. Draws come from the context's
   * `random`: two calls with the same stream drop the same samples. Default 0.
   */
  readonly dropPathRate?: number;
  /** Default 1e-6. */
  readonly layerNormEpsilon?: number;
  /** How weights start: as in timm's, MAE's or MoCo v3's code, or at 0 for weights that are loaded afterwards. Default `"timm"`. */
  readonly initialization?: InitializationName;
  /** Of the start weights. Default 0. */
  readonly seed?: number;
}

/**
 * `VitOptions` with every default filled in: what `encoder.config` holds, and what `vit` builds the same encoder from. The three optional ones are there
 * only where they are not the default.
 */
export type VitConfig = Required<Omit<VitOptions, "imageSize" | OptionalInConfig>> & Pick<VitOptions, OptionalInConfig> & { readonly imageSize: readonly [number, number] };

/** So that a run from before an option existed has the configuration that it has today. */
type OptionalInConfig = "layerScale" | "mlp" | "positionInterpolation";
