import { evaluationViews } from "@ssl-vit/augment";
import { ConfigError, type Float } from "@ssl-vit/core";
import { disposeViewBatch, toViewBatch } from "@ssl-vit/data";
import { type Figure, saveFigure } from "@ssl-vit/visualize";
import { Command, Option } from "commander";
import { wholeNumber } from "./argument-parsers.js";
import { say } from "./console-output.js";
import { figureFlag, refuseFigureFile } from "./figure-file.js";
import { imagesToDraw } from "./images-to-draw.js";
import { loadCheckpoint, type LoadedCheckpoint, squareSideOf } from "./load-checkpoint.js";
import { openImages } from "./open-images.js";
import { type EngineFlags, engineOptions, startEngine } from "./start-engine.js";

/** Options of every command that draws what a model makes of some images. */
export interface DrawingOptions extends EngineFlags {
  readonly checkpoint: string;
  /** Default: the last. */
  readonly weights?: "last" | "average";
  readonly data: string;
  readonly out: string;
  readonly images: number;
  readonly imageSize?: number;
  readonly seed: number;
  readonly overwrite?: boolean;
}

/** A command with these options. */
export function drawingCommand(name: string): Command {
  const command = new Command(name)
    .requiredOption("-c, --checkpoint <folder>", "a run's folder, one of its checkpoints, or weights (a folder of ssl-vit export, transformers or timm, an author's .pth)")
    .requiredOption("-d, --data <path>", "images to draw")
    .requiredOption(...figureFlag)
    .option("-n, --images <n>", "how many images", wholeNumber(1), 6)
    .option("--seed <n>", "of the choice of images, and of masks", wholeNumber(0), 0)
    .option("--overwrite", "replace the file");
  for (const option of engineOptions()) command.addOption(option);
  return command;
}

/** The side of images for a command whose maps may be finer than in training: positions are interpolated. */
export const imageSizeOption = (): Option =>
  new Option("--image-size <pixels>", "side of the images, a multiple of the patch size; larger: more patches, finer maps (default: the model's)").argParser(wholeNumber(1));

/** Whose weights, for commands that need the encoder alone: heads have no average. */
export const weightsOption = (): Option => new Option("--weights <which>", "a run's weights, or their moving average where it keeps one").choices(["last", "average"]).default("last");

/** How patches are drawn, for the commands that draw them. */
export const renderingOption = (): Option =>
  new Option("--rendering <name>", "each patch in one color, or smoothly between their centers").choices(["patches", "smooth"]).default("patches");

/** What a model's figure is called. */
export const titleFor = (what: string, { description }: Pick<LoadedCheckpoint, "description">): string => `${what} (${description})`;

function sideOf(model: LoadedCheckpoint, { imageSize }: DrawingOptions): number {
  const { patchSize } = model.encoder.layout;
  const side = imageSize ?? squareSideOf(model);
  if (side % patchSize !== 0) {
    const lower = Math.max(patchSize, side - (side % patchSize));
    throw new ConfigError({ package: "cli", what: "--image-size", expected: `a multiple of the patch size, ${patchSize}`, received: String(side), fix: `Take ${lower} or ${lower + patchSize}.` });
  }
  return side;
}

/**
 * Loads the model, cuts the images as evaluation does, draws them and saves the figure.
 *
 * @param open of the model, once, what draws its images [B, Y, X, C]
 */
export async function drawImages(options: DrawingOptions, open: (model: LoadedCheckpoint) => Promise<(images: Float<"B Y X C">) => Promise<Figure>>): Promise<void> {
  refuseFigureFile(options);
  const data = await openImages(options.data);
  try {
    await startEngine(options);
    const model = await loadCheckpoint(options.checkpoint, options.weights);
    const views = evaluationViews({ imageSize: sideOf(model, options), normalize: model.normalize, ...(model.fit === undefined ? {} : { fit: model.fit }), ...(model.interpolation === undefined ? {} : { interpolation: model.interpolation }) });
    const draw = await open(model);
    const batch = toViewBatch(await imagesToDraw(data, { views, channels: model.encoder.layout.channels, images: options.images, seed: options.seed }));
    await saveFigure(await draw(batch.views[0]!.images), options.out);
    disposeViewBatch(batch);
  } finally {
    await data.close();
  }
  say(`wrote     ${options.out}`);
}
