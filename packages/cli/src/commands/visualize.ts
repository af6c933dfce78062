import { Command } from "commander";
import { visualizeAccuracyCommand } from "./visualize-accuracy.js";
import { visualizeAttentionCommand } from "./visualize-attention.js";
import { visualizePcaCommand } from "./visualize-pca.js";
import { visualizeReconstructionCommand } from "./visualize-reconstruction.js";
import { visualizeTsneCommand } from "./visualize-tsne.js";
import { visualizeUmapCommand } from "./visualize-umap.js";
import { visualizeCorruptionsCommand } from "./visualize-corruptions.js";
import { visualizeViewsCommand } from "./visualize-views.js";

/** `ssl-vit visualize` */
export function visualizeCommand(): Command {
  return new Command("visualize")
    .description("Draw what a run learned, or what a method's augmentation makes of images.")
    .addCommand(visualizeAttentionCommand())
    .addCommand(visualizePcaCommand())
    .addCommand(visualizeReconstructionCommand())
    .addCommand(visualizeUmapCommand())
    .addCommand(visualizeTsneCommand())
    .addCommand(visualizeAccuracyCommand())
    .addCommand(visualizeViewsCommand())
    .addCommand(visualizeCorruptionsCommand())
    .addHelpText("after", "\nExample:\n  $ ssl-vit visualize attention --checkpoint runs/dino --data photos/ --out attention.png");
}
