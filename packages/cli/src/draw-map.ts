import { drawEmbeddingMap, type EmbeddingMapOptions, saveFigure } from "@ssl-vit/visualize";
import { Command } from "commander";
import type { ImageFeatures } from "@ssl-vit/eval";
import { wholeNumber } from "./argument-parsers.js";
import { say } from "./console-output.js";
import { addFeatureOptions, type FeatureOptions, featuresOf, openExtractor } from "./feature-options.js";
import { figureFlag, refuseFigureFile } from "./figure-file.js";
import { startEngine } from "./start-engine.js";

/** Options of every command that places images on a plane. */
export interface MapOptions extends FeatureOptions {
  readonly data: string;
  readonly out: string;
  readonly images: number;
  readonly overwrite?: boolean;
}

/** A command with these options. */
export function mapCommand(name: string): Command {
  return addFeatureOptions(new Command(name))
    .requiredOption("-d, --data <path>", "images to place, labelled or not")
    .requiredOption(...figureFlag)
    .option("-n, --images <n>", "how many images at the most, drawn by --seed; the time grows with its square", wholeNumber(1), 1000)
    .option("--overwrite", "replace the file");
}

/** How features are laid out, and what a person is told of it. */
export interface MapLayout extends Pick<EmbeddingMapOptions, "kind"> {
  readonly layout: (features: ImageFeatures) => Float32Array;
  readonly caption: string;
}

/** Features of the images, laid out and drawn by class. */
export async function drawMap(options: MapOptions, { kind, layout, caption }: MapLayout): Promise<void> {
  refuseFigureFile(options);
  await startEngine(options);
  const extractor = await openExtractor(options);
  const features = await featuresOf(options.data, extractor, options, options.images);
  const { labels, classes, count } = features;
  const title = `Features of ${count} images (${extractor.description})`;
  await saveFigure(await drawEmbeddingMap({ points: layout(features), labels, ...(classes === undefined ? {} : { classes }), title, kind, caption }), options.out);
  say(`wrote     ${options.out}`);
}
