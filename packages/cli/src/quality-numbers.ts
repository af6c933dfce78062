import type { RepresentationQuality } from "@ssl-vit/eval";

/** Numbers of a representation by name, one for each block: `rankMe`, …, `effectiveRankBlock1`, … */
export function qualityNumbers({ effectiveRankByBlock, ...quality }: RepresentationQuality): Readonly<Record<string, number>> {
  const { rankMe, lidar, alphaReq, alignment, uniformity, embeddingDeviation } = quality;
  const byBlock = Object.fromEntries(effectiveRankByBlock.map((value, index) => [`effectiveRankBlock${index + 1}`, value]));
  return { rankMe, lidar, alphaReq, alignment, uniformity, embeddingDeviation, ...byBlock };
}
