import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { evaluationViews } from "@ssl-vit/augment";
import { ConfigError, createRandom, type Float, type Method } from "@ssl-vit/core";
import { disposeViewBatch, toViewBatch } from "@ssl-vit/data";
import type { MaeMethod } from "@ssl-vit/mae";
import { drawAttention, drawReconstructions, type Picture, savePicture } from "@ssl-vit/visualize";
import { Command } from "commander";
import { wholeNumber } from "../argument-parsers.js";
import { say } from "../console-output.js";
import { imagesToDraw } from "../images-to-draw.js";
import { type LoadedRun, loadRun, loadRunMethod } from "../load-run.js";
import { openImages } from "../open-images.js";
import { refuseExistingFile } from "../refuse-existing-file.js";
import { type EngineFlags, engineOptions, startEngine } from "../start-engine.js";
import { visualizeViewsCommand } from "./visualize-views.js";

interface VisualizeOptions extends EngineFlags {
  readonly checkpoint: string;
  readonly data: string;
  readonly out: string;
  readonly images: number;
  readonly seed: number;
  readonly overwrite?: boolean;
}

type Draw = (images: Float<"B Y X C">) => Promise<Picture>;

/** `ssl-vit visualize` */
export function visualizeCommand(): Command {
  return new Command("visualize")
    .description("Draw what a run learned, or what a method's augmentation makes of images.")
    .addCommand(drawingCommand("attention", "Where [CLS] looks: each image, and the last block's heads.", attentionOf))
    .addCommand(drawingCommand("reconstruction", "What a masked autoencoder paints: each image, what was seen of it, what was painted.", reconstructionOf))
    .addCommand(visualizeViewsCommand())
    .addHelpText("after", "\nExample:\n  $ ssl-vit visualize attention --checkpoint runs/dino --data photos/ --out attention.png");
}

/** A command that draws what a run's encoder makes of images. */
function drawingCommand(name: string, description: string, open: (run: LoadedRun, options: VisualizeOptions) => Promise<Draw>): Command {
  const command = new Command(name)
    .description(description)
    .requiredOption("-c, --checkpoint <folder>", "a run's folder")
    .requiredOption("-d, --data <path>", "images to draw")
    .requiredOption("-o, --out <file.png>", "a new file")
    .option("-n, --images <n>", "how many images", wholeNumber(1), 6)
    .option("--seed <n>", "of the images drawn and the masks", wholeNumber(0), 0)
    .option("--overwrite", "replace the file")
    .addHelpText("after", `\nExample:\n  $ ssl-vit visualize ${name} --checkpoint runs/mae --data photos/ --out ${name}.png`);
  for (const option of engineOptions()) command.addOption(option);
  return command.action((options: VisualizeOptions) => visualize(open, options));
}

const attentionOf = ({ encoder, normalize }: LoadedRun): Promise<Draw> => Promise.resolve((images) => drawAttention({ encoder, images, normalize }));

const isMae = (method: Method): method is MaeMethod => "reconstruct" in method;

async function reconstructionOf({ encoder, normalize, config }: LoadedRun, { checkpoint, seed }: VisualizeOptions): Promise<Draw> {
  const method = await loadRunMethod(checkpoint);
  if (!isMae(method)) {
    throw new ConfigError({ package: "cli", what: "--checkpoint", expected: "a run of a method that reconstructs images", received: `a run of ${method.name}` });
  }
  const normalizedTarget = config.method.options["normalizeTarget"] === true;
  const { patchSize } = encoder.layout;
  return async (images) => {
    const { prediction, mask } = method.reconstruct(images, createRandom(seed));
    const picture = await drawReconstructions({ images, prediction, mask, patchSize, normalize, normalizedTarget });
    prediction.dispose();
    mask.dispose();
    return picture;
  };
}

async function visualize(open: (run: LoadedRun, options: VisualizeOptions) => Promise<Draw>, options: VisualizeOptions): Promise<void> {
  const { out } = options;
  refuseExistingFile(options);
  await startEngine(options);
  const run = await loadRun(options.checkpoint);
  const draw = await open(run, options);
  const data = await openImages(options.data);
  const { layout } = run.encoder;
  const views = evaluationViews({ imageSize: layout.imageSize[0], normalize: run.normalize });
  try {
    const batch = toViewBatch(await imagesToDraw(data, { views, channels: layout.channels, images: options.images, seed: options.seed }));
    await mkdir(dirname(out), { recursive: true });
    await savePicture(await draw(batch.views[0]!.images), out);
    disposeViewBatch(batch);
  } finally {
    await data.close();
  }
  say(`wrote     ${out}`);
}
