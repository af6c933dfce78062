import { drawPatchPca } from "@ssl-vit/visualize";
import { type Command, Option } from "commander";
import { drawImages, drawingCommand, type DrawingOptions, imageSizeOption, renderingOption, titleFor, weightsOption } from "../draw-images.js";

interface PcaOptions extends DrawingOptions {
  readonly rendering: "patches" | "smooth";
  readonly foreground?: "positive" | "negative";
}

/** `ssl-vit visualize pca` */
export function visualizePcaCommand(): Command {
  return drawingCommand("pca")
    .description("What patches have in common: principal components of the patch tokens of all images, as red, green and blue.")
    .addOption(weightsOption())
    .addOption(imageSizeOption())
    .addOption(renderingOption())
    .addOption(new Option("--foreground <side>", "keep the patches on this side of the first component's 0, and take the components anew among them").choices(["positive", "negative"]))
    .addHelpText("after", "\nExample:\n  $ ssl-vit visualize pca --checkpoint runs/dinov2 --data photos/ --out pca.png --image-size 448")
    .action((options: PcaOptions) =>
      drawImages(options, (model) => {
        const { encoder, normalize } = model;
        const { rendering, foreground } = options;
        const title = titleFor("Principal components of the patch tokens", model);
        return Promise.resolve((images) => drawPatchPca({ encoder, images, normalize, rendering, title, ...(foreground === undefined ? {} : { foreground }) }));
      }),
    );
}
