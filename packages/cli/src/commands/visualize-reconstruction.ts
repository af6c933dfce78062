import { ConfigError, createRandom, type Float, type Method } from "@ssl-vit/core";
import type { MaeMethod, Reconstruction } from "@ssl-vit/mae";
import { drawReconstructions } from "@ssl-vit/visualize";
import { loadMaskedAutoencoder } from "@ssl-vit/weights";
import type { Command } from "commander";
import { drawImages, drawingCommand, type DrawingOptions, titleFor } from "../draw-images.js";
import type { LoadedCheckpoint } from "../load-checkpoint.js";
import { loadRunMethod, pinnedCheckpoint } from "../load-run.js";

/** What paints hidden patches of images, and whether it paints them normalised by their own mean and deviation. */
interface Painter {
  readonly normalizedTarget: boolean;
  readonly paint: (images: Float<"B Y X C">) => Reconstruction;
}

const isMae = (method: Method): method is MaeMethod => "reconstruct" in method;

async function painterOf({ run }: LoadedCheckpoint, { checkpoint, seed }: DrawingOptions): Promise<Painter> {
  if (run === undefined) {
    const model = await loadMaskedAutoencoder(checkpoint);
    const [rows, columns] = model.encoder.layout.gridSize;
    const patches = rows * columns;
    return {
      normalizedTarget: model.normalizeTarget,
      paint: (images) => {
        // As `randomMask` draws it: a run's pictures and those of its weights have the same patches hidden.
        const batch = images.shape[0];
        const values = new Float32Array(batch * patches);
        for (let image = 0; image < batch; image++) values.set(createRandom(seed).derive("mask", image).uniforms(patches), image * patches);
        const { loss, ...painted } = model.forward(images, { noise: { values, shape: [batch, patches] } });
        loss.dispose();
        return painted;
      },
    };
  }
  const method = await loadRunMethod(await pinnedCheckpoint(checkpoint, run));
  if (!isMae(method)) {
    throw new ConfigError({ package: "cli", what: "--checkpoint", expected: "a run of a method that reconstructs images", received: `a run of ${method.name}` });
  }
  return { normalizedTarget: run.config.method.options["normalizeTarget"] === true, paint: (images) => method.reconstruct(images, createRandom(seed)) };
}

/** `ssl-vit visualize reconstruction` */
export function visualizeReconstructionCommand(): Command {
  return drawingCommand("reconstruction")
    .description("What a masked autoencoder paints: each image, what was seen of it, what was painted. Of weights it wants those of a decoder too.")
    .addHelpText("after", "\nExample:\n  $ ssl-vit visualize reconstruction --checkpoint runs/mae --data photos/ --out reconstruction.png")
    .action((options: DrawingOptions) =>
      drawImages(options, async (model) => {
        const { normalizedTarget, paint } = await painterOf(model, options);
        const { patchSize } = model.encoder.layout;
        return async (images) => {
          const { prediction, mask } = paint(images);
          const figure = await drawReconstructions({ images, prediction, mask, patchSize, normalize: model.normalize, normalizedTarget, title: titleFor("Hidden patches, painted", model) });
          prediction.dispose();
          mask.dispose();
          return figure;
        };
      }),
    );
}
