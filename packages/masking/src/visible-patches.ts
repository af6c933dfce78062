import { ConfigError } from "@ssl-vit/core";

/**
 * How many of an image's patches a ratio leaves visible: ⌊P·(1 − maskRatio)⌋ (MAE's `random_masking`). For a method to refuse a ratio before it
 * trains, too.
 *
 * @throws ConfigError for a ratio outside (0, 1), or one that leaves no patch visible or none masked
 */
export function visiblePatches(patches: number, maskRatio: number): number {
  const visible = Math.floor(patches * (1 - maskRatio));
  if (maskRatio > 0 && maskRatio < 1 && visible >= 1 && visible < patches) return visible;
  throw new ConfigError({
    package: "masking",
    what: "maskRatio",
    expected: `a number in (0, 1) that leaves at least one of ${patches} patches visible and one masked`,
    received: String(maskRatio),
    fix: "A smaller patchSize gives more patches.",
  });
}
