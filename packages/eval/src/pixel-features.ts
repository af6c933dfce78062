import type { Loader } from "@ssl-vit/data";
import { collectFeatures } from "./collect-features.js";
import type { FeatureSet, FeatureSource } from "./feature-set.js";
import { onlyView } from "./only-view.js";

/**
 * The normalised pixels of every image, row by row and channel by channel: the baseline that features must beat.
 *
 * @throws ConfigError if the loader gives several views or no image
 */
export function pixelFeatures(loader: Loader, source: FeatureSource): Promise<FeatureSet> {
  return collectFeatures(loader, source, { layer: "pixels" }, (views) => onlyView(views).data);
}
