import { tsneLayout } from "@ssl-vit/visualize";
import type { Command } from "commander";
import { positiveNumber } from "../argument-parsers.js";
import { drawMap, mapCommand, type MapOptions } from "../draw-map.js";

/** `ssl-vit visualize tsne` */
export function visualizeTsneCommand(): Command {
  return mapCommand("tsne")
    .description("Images on a plane, near each other where their features are, colored by class where there are labels (exact t-SNE).")
    .option("--perplexity <x>", "effective number of neighbours of a point", positiveNumber, 30)
    .addHelpText("after", "\nExample:\n  $ ssl-vit visualize tsne --checkpoint runs/dino --data photos/ --out tsne.png")
    .action((options: MapOptions & { readonly perplexity: number }) => {
      const { perplexity, seed } = options;
      return drawMap(options, {
        kind: "t-SNE",
        layout: ({ values, dim }) => tsneLayout(values, dim, { perplexity, seed }),
        caption: `t-SNE of features of length 1, perplexity ${perplexity}, seed ${seed}`,
      });
    });
}
