import { umapLayout } from "@ssl-vit/visualize";
import type { Command } from "commander";
import { positiveNumber, wholeNumber } from "../argument-parsers.js";
import { drawMap, mapCommand, type MapOptions } from "../draw-map.js";

interface UmapOptions extends MapOptions {
  readonly neighbors: number;
  readonly minDistance: number;
}

/** `ssl-vit visualize umap` */
export function visualizeUmapCommand(): Command {
  return mapCommand("umap")
    .description("Images on a plane, near each other where their features are, colored by class where there are labels (UMAP).")
    .option("--neighbors <n>", "of a point that are to stay near: few show fine structure, many the whole", wholeNumber(2), 15)
    .option("--min-distance <x>", "how near points may come, up to 1", positiveNumber, 0.1)
    .addHelpText("after", "\nExample:\n  $ ssl-vit visualize umap --checkpoint runs/dino --data photos/ --out umap.png --images 2000")
    .action((options: UmapOptions) => {
      const { neighbors, minDistance, seed } = options;
      return drawMap(options, {
        kind: "UMAP",
        layout: ({ values, dim }) => umapLayout(values, dim, { neighbors, minDistance, seed }),
        caption: `UMAP, cosine distance, ${neighbors} neighbours, minimal distance ${minDistance}, seed ${seed}`,
      });
    });
}
