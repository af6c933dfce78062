import { median } from "@ssl-vit/bench";

/** The middle of some ratios, and the least and the largest: `1.02 (0.97–1.10)`. @param {readonly number[]} ratios */
export function range(ratios) {
  if (ratios.length === 0) return "–";
  return ratios.length === 1 ? median(ratios).toFixed(2) : `${median(ratios).toFixed(2)} (${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)})`;
}
