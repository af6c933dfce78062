import type { Encoder } from "@ssl-vit/core";
import type { Loader } from "@ssl-vit/data";
import { tensor4d, tidy } from "@tensorflow/tfjs-core";
import { chooseTokens, type TokenChoice } from "./choose-tokens.js";
import { collectFeatures } from "./collect-features.js";
import type { FeatureSet, FeatureSource } from "./feature-set.js";
import { imageFeatures } from "./image-features.js";
import { onlyView } from "./only-view.js";

export interface ExtractOptions extends FeatureSource, TokenChoice {}

/**
 * Features of every image that the loader gives, from a frozen encoder: no drop path, no batch statistics.
 *
 * The loader must neither shuffle nor drop the last batch, or images are missing from the result.
 *
 * @throws ConfigError for tokens or a block that the encoder lacks, if the loader gives several views or no image;
 *   Error if a feature is not finite
 */
export async function extractFeatures(encoder: Encoder, loader: Loader, { layer, block, ...source }: ExtractOptions): Promise<FeatureSet> {
  const choice = chooseTokens(encoder, { ...(layer === undefined ? {} : { layer }), ...(block === undefined ? {} : { block }) });
  return collectFeatures(loader, source, choice, async (views) => {
    const { data, shape } = onlyView(views);
    const features = tidy(() => imageFeatures(encoder, tensor4d(data, [...shape]), choice));
    const rows = await features.data<"float32">();
    features.dispose();
    return rows;
  });
}
