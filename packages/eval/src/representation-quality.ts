import { ConfigError, type Encoder, type Float, type ImageOperation, type ViewPolicy } from "@ssl-vit/core";
import type { HostView, ImageDataset } from "@ssl-vit/data";
import { embeddingDeviation } from "@ssl-vit/losses";
import { effectiveRank, rankMe } from "@ssl-vit/spectrum";
import { concat, type Tensor, tensor2d, tensor3d, tensor4d, tidy } from "@tensorflow/tfjs-core";
import { alignment } from "./alignment.js";
import { alphaReq } from "./alpha-req.js";
import { blockFeatures } from "./block-features.js";
import { chooseTokens, type TokenChoice, type TokenLayer } from "./choose-tokens.js";
import { collectFeatures } from "./collect-features.js";
import { collectDataset, type DatasetFeatureOptions } from "./dataset-features.js";
import { imageFeatures } from "./image-features.js";
import { lidar } from "./lidar.js";
import { probeAugmentations } from "./probe-augmentations.js";
import { takeValues } from "./take-values.js";
import { uniformity } from "./uniformity.js";

/** Options of `representationQuality`; what is not told here is as for `datasetFeatures`. */
export interface RepresentationQualityOptions extends Omit<DatasetFeatureOptions, "channels"> {
  /** How many images are looked at, drawn by `seed`. Default 1000, of which LiDAR's paper takes as many; all, where there are fewer. */
  readonly images?: number;
  /**
   * Augmented views of each image. Default 8: each costs a pass of the encoder. LiDAR's paper takes 50, elsewhere 10; its values compare at equal
   * numbers only.
   */
  readonly viewsPerImage?: number;
  /** What these views go through. Default: `probeAugmentations`. */
  readonly augmentations?: readonly ImageOperation[];
}

/** How quality numbers came about, as plain data. */
export interface QualityProtocol extends TokenChoice {
  readonly kind: "quality";
  readonly layer: TokenLayer;
  /** What of each block's tokens the effective ranks by block are of. */
  readonly blockLayer: "cls" | "mean";
  readonly imageSize: readonly [number, number];
  /** The group `"evaluation"` of `views`, once, and the group `"augmented"`. */
  readonly views: ViewPolicy;
  readonly data: string;
  readonly images: number;
  readonly viewsPerImage: number;
  /** Of the choice of images, and of the draws of their views. */
  readonly seed: number;
  readonly alphaReq: { readonly from: number; readonly to: number };
  readonly lidar: { readonly delta: number };
}

/** Numbers of a representation that need no labels. */
export interface RepresentationQuality {
  readonly rankMe: number;
  readonly lidar: number;
  /** NaN where the representation has collapsed, or has too few dimensions for a fit. */
  readonly alphaReq: number;
  readonly alignment: number;
  readonly uniformity: number;
  readonly embeddingDeviation: number;
  /** After each block, the first one first; empty for an encoder that does not give its blocks' outputs. */
  readonly effectiveRankByBlock: readonly number[];
  readonly protocol: QualityProtocol;
}

/** Those that `alphaReq` and `lidar` have as defaults, on record. */
const alphaReqRange = { from: 4, to: 100 };
const lidarOptions = { delta: 1e-4 };

const numberOf = (compute: () => Tensor): number => takeValues(tidy(compute))[0]!;

/** The policy of a probe set: the image as evaluation looks at it, then its augmented views. */
function probeViews(views: ViewPolicy, count: number, operations: readonly ImageOperation[]): ViewPolicy {
  const [group] = views.groups;
  if (group === undefined || views.groups.length > 1 || group.count !== 1) {
    throw new ConfigError({ package: "eval", what: "views", expected: "one view of each image, as of evaluationViews()", received: `${views.groups.length} groups` });
  }
  return { ...views, groups: [group, { name: "augmented", count, size: group.size, operations }] };
}

/** Columns `start` to `start + width` of rows of `dim`. */
function columns(values: Float32Array, dim: number, start: number, width: number): Float32Array {
  const out = new Float32Array((values.length / dim) * width);
  for (let row = 0; row * dim < values.length; row++) out.set(values.subarray(row * dim + start, row * dim + start + width), row * width);
  return out;
}

/**
 * What a frozen encoder's representation is worth without labels, on a fixed probe set: the same images and the same augmented views for each
 * encoder, by `seed`. `rankMe`, `alphaReq`, `uniformity`, `embeddingDeviation` and the effective ranks are of the images as evaluation looks at them,
 * `lidar` of their augmented views, `alignment` of the first two of these. Finite under collapse, but for `alphaReq`.
 *
 * @throws ConfigError for fewer than two images or views, for tokens that the encoder lacks, and as `datasetFeatures` does; Error if a feature is not finite
 */
export async function representationQuality(encoder: Encoder, data: ImageDataset, options: RepresentationQualityOptions): Promise<RepresentationQuality> {
  const { viewsPerImage = 8, augmentations = probeAugmentations, seed = 0, images = 1000 } = options;
  if (!(Number.isInteger(viewsPerImage) && viewsPerImage >= 2)) {
    throw new ConfigError({ package: "eval", what: "viewsPerImage", expected: "a whole number of at least 2", received: String(viewsPerImage) });
  }
  const choice = chooseTokens(encoder, options);
  const blockLayer = choice.layer === "mean" ? "mean" : "cls";
  const views = probeViews(options.views, viewsPerImage, augmentations);
  const depth = encoder.encodeNormalizedBlocks === undefined ? 0 : encoder.layout.depth;

  const rowsOf = async (hostViews: readonly HostView[]): Promise<Float32Array> => {
    const rows = tidy(() => {
      const [image, ...augmented] = hostViews.map(({ data: pixels, shape }) => tensor4d(pixels, [...shape]));
      const features = [image!, ...augmented].map((view) => imageFeatures(encoder, view, choice));
      return concat<Float<"B D">>([...features, ...(depth === 0 ? [] : blockFeatures(encoder, image!, blockLayer))], 1);
    });
    const values = await rows.data<"float32">();
    rows.dispose();
    return values;
  };
  const probe = await collectDataset(data, { ...options, views, images, seed, channels: encoder.layout.channels }, `quality of ${JSON.stringify([choice, views])}`, (loader, source) =>
    collectFeatures(loader, source, choice, rowsOf),
  );
  const { values, count, dim, imageSize } = probe;
  if (count < 2) throw new ConfigError({ package: "eval", what: data.location, expected: "at least two images that can be read", received: String(count) });

  const blockDim = encoder.layout.embedDim;
  const width = (dim - depth * blockDim) / (1 + viewsPerImage);
  const part = (start: number, size: number): Float<"N D"> => tensor2d(columns(values, dim, start, size), [count, size]);
  const view = (index: number): Float<"N D"> => part(index * width, width);
  const ofAll = (): Float<"N V D"> => tensor3d(columns(values, dim, width, viewsPerImage * width), [count, viewsPerImage, width]);
  return {
    rankMe: numberOf(() => rankMe(view(0))),
    lidar: numberOf(() => lidar(ofAll(), lidarOptions)),
    alphaReq: numberOf(() => alphaReq(view(0), alphaReqRange)),
    alignment: numberOf(() => alignment(view(1), view(2))),
    uniformity: numberOf(() => uniformity(view(0))),
    embeddingDeviation: numberOf(() => embeddingDeviation(view(0))),
    effectiveRankByBlock: Array.from({ length: depth }, (_, block) => numberOf(() => effectiveRank(part((1 + viewsPerImage) * width + block * blockDim, blockDim)))),
    protocol: {
      kind: "quality",
      ...choice,
      blockLayer,
      imageSize,
      views,
      data: data.location,
      images: count,
      viewsPerImage,
      seed,
      alphaReq: alphaReqRange,
      lidar: lidarOptions,
    },
  };
}
