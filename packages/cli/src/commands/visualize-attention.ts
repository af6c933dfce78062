import { drawAttention } from "@ssl-vit/visualize";
import type { Command } from "commander";
import { drawImages, drawingCommand, type DrawingOptions, imageSizeOption, renderingOption, titleFor, weightsOption } from "../draw-images.js";

interface AttentionOptions extends DrawingOptions {
  readonly rendering: "patches" | "smooth";
  readonly overlay?: boolean;
}

/** `ssl-vit visualize attention` */
export function visualizeAttentionCommand(): Command {
  return drawingCommand("attention")
    .description("Where [CLS] looks: each image, and the last block's heads.")
    .addOption(weightsOption())
    .addOption(imageSizeOption())
    .addOption(renderingOption())
    .option("--overlay", "lay the maps over the images")
    .addHelpText("after", "\nExample:\n  $ ssl-vit visualize attention --checkpoint runs/dino --data photos/ --out attention.png --image-size 480 --overlay --rendering smooth")
    .action((options: AttentionOptions) =>
      drawImages(options, (model) => {
        const { encoder, normalize } = model;
        const { rendering, overlay = false } = options;
        return Promise.resolve((images) => drawAttention({ encoder, images, normalize, rendering, overlay, title: titleFor("What [CLS] attends to", model) }));
      }),
    );
}
