import { ConfigError, type Encoder, type Float, patchTokensOf, pooledFeatures } from "@ssl-vit/core";
import type { Loader } from "@ssl-vit/data";
import { mean, tensor4d, tidy } from "@tensorflow/tfjs-core";
import { collectFeatures } from "./collect-features.js";
import type { FeatureSet, FeatureSource } from "./feature-set.js";

export interface ExtractOptions extends FeatureSource {
  /** Default: `"cls"` for an encoder that has a [CLS] token, else `"mean"`, the mean of the patch tokens. Both after the final norm. */
  readonly layer?: "cls" | "mean";
}

/**
 * Features of every image that the loader gives, from a frozen encoder: no drop path, no batch statistics.
 *
 * The loader must neither shuffle nor drop the last batch, or images are missing from the result.
 *
 * @throws ConfigError if the encoder has no [CLS] token and it is asked for, if the loader gives several views or no image;
 *   Error if a feature is not finite
 */
export async function extractFeatures(encoder: Encoder, loader: Loader, options: ExtractOptions): Promise<FeatureSet> {
  const { hasClsToken } = encoder.layout;
  const { layer = hasClsToken ? "cls" : "mean", ...source } = options;
  if (layer === "cls" && !hasClsToken) {
    throw new ConfigError({ package: "eval", what: "layer", expected: '"mean" for an encoder without a [CLS] token', received: '"cls"' });
  }
  return collectFeatures(loader, source, layer, async ({ data, shape }) => {
    const features = tidy(() => {
      const images = tensor4d(data, [...shape]);
      return layer === "cls" ? pooledFeatures(encoder, images) : mean<Float<"B D">>(patchTokensOf(encoder, encoder.encode(images)), 1);
    });
    const rows = await features.data<"float32">();
    features.dispose();
    return rows;
  });
}
