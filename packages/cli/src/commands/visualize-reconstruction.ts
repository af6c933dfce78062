import { ConfigError, createRandom, type Method } from "@ssl-vit/core";
import type { MaeMethod } from "@ssl-vit/mae";
import { drawReconstructions } from "@ssl-vit/visualize";
import type { Command } from "commander";
import { drawImages, drawingCommand, type DrawingOptions, titleFor } from "../draw-images.js";
import { loadRunMethod } from "../load-run.js";

const isMae = (method: Method): method is MaeMethod => "reconstruct" in method;

/** `ssl-vit visualize reconstruction` */
export function visualizeReconstructionCommand(): Command {
  return drawingCommand("reconstruction")
    .description("What a masked autoencoder paints: each image, what was seen of it, what was painted.")
    .addHelpText("after", "\nExample:\n  $ ssl-vit visualize reconstruction --checkpoint runs/mae --data photos/ --out reconstruction.png")
    .action((options: DrawingOptions) =>
      drawImages(options, async (run) => {
        const method = await loadRunMethod(options.checkpoint);
        if (!isMae(method)) {
          throw new ConfigError({ package: "cli", what: "--checkpoint", expected: "a run of a method that reconstructs images", received: `a run of ${method.name}` });
        }
        const normalizedTarget = run.config.method.options["normalizeTarget"] === true;
        const { patchSize } = run.encoder.layout;
        return async (images) => {
          const { prediction, mask } = method.reconstruct(images, createRandom(options.seed));
          const figure = await drawReconstructions({ images, prediction, mask, patchSize, normalize: run.normalize, normalizedTarget, title: titleFor("Hidden patches, painted", run) });
          prediction.dispose();
          mask.dispose();
          return figure;
        };
      }),
    );
}
