import { evaluationViews } from "@ssl-vit/augment";
import { ConfigError, type Encoder, type ViewPolicy } from "@ssl-vit/core";
import { datasetFeatures, type ImageFeatures, type TokenLayer } from "@ssl-vit/eval";
import { vit, type VitOptions } from "@ssl-vit/vit";
import { type Command, Option } from "commander";
import { positiveShare, wholeNumber } from "./argument-parsers.js";
import { channelStatistics } from "./channel-statistics.js";
import { say, warn } from "./console-output.js";
import { flagOf } from "./flag-of.js";
import { aboutOption, loadCheckpoint, squareSideOf } from "./load-checkpoint.js";
import { openImages } from "./open-images.js";
import { modelFlags } from "./resolve-settings.js";
import { sometimes } from "./sometimes.js";
import { type EngineFlags, engineOptions } from "./start-engine.js";
import type { Judged } from "./judged.js";
import { withoutFields } from "./without-fields.js";

/** Options of every command that turns images into features. */
export interface FeatureOptions extends EngineFlags {
  readonly checkpoint: string;
  readonly weights: "last" | "average";
  readonly layer?: TokenLayer;
  readonly block?: number;
  readonly cropRatio?: number;
  readonly like?: string;
  readonly model?: string;
  readonly patchSize?: number;
  readonly imageSize?: number;
  readonly channels?: number;
  readonly seed: number;
  readonly batchSize: number;
  readonly workers: number;
}

/** Adds them to a command. */
export function addFeatureOptions(command: Command): Command {
  command
    .requiredOption("-c, --checkpoint <folder>", "a run's folder, one of its checkpoints (runs/dino/checkpoints/best), weights (a folder of ssl-vit export, transformers or timm, an author's .pth), or a baseline: random (an untrained ViT), pixels")
    .addOption(new Option("--weights <which>", "a run's weights, or their moving average where it keeps one").choices(["last", "average"]).default("last"))
    .addOption(new Option("--layer <name>", "what of the tokens is the feature (default: cls where there is one)").choices(["cls", "mean", "cls+mean", "last4"]))
    .option("--block <n>", "take it after so many blocks (default: all)", wholeNumber(1))
    .option("--crop-ratio <x>", "share of the shorter side that the middle square keeps; ImageNet's protocols: 0.875 (default: as the weights' folder says, else 1)", positiveShare)
    .option("--like <folder>", "for random and pixels: the run or weights whose model, image size and normalisation to use")
    .option("--model <name>", "for random: vit-tiny, … (default vit-pico)")
    .option("--patch-size <pixels>", "for random (default 4)", wholeNumber(1))
    .option("--image-size <pixels>", "for random and pixels (default 32)", wholeNumber(1))
    .option("--channels <n>", "for random and pixels (default 3)", wholeNumber(1))
    .option("--seed <n>", "for random, and of the draw when only some images are used", wholeNumber(0), 0)
    .option("-b, --batch-size <n>", "images a step", wholeNumber(1), 64)
    .option("--workers <n>", "threads that decode; 0 = none", wholeNumber(0), 1);
  for (const option of engineOptions()) command.addOption(option);
  return command;
}

/** How images are looked at and turned into numbers. */
export interface FeatureExtractor {
  readonly views: ViewPolicy;
  /** Undefined for pixels. */
  readonly encoder: Encoder | undefined;
  /** Of the images. */
  readonly channels: number;
  /** Of a run: which checkpoint it is, and whether its weights or their average. */
  readonly checkpoint?: { readonly name: string; readonly weights: "last" | "average" };
  /** What makes these features, as plain data, for the results. */
  readonly judged: Judged;
  /** What a person calls it. */
  readonly description: string;
}

/** The encoder and the view that the options ask for. */
export async function openExtractor(options: FeatureOptions): Promise<FeatureExtractor> {
  const { checkpoint, like, seed } = options;
  const crop = options.cropRatio === undefined ? {} : { cropRatio: options.cropRatio, fit: "crop" as const };
  if (checkpoint !== "random" && checkpoint !== "pixels") {
    for (const name of ["like", "model", "patchSize", "imageSize", "channels"] as const) {
      if (options[name] === undefined) continue;
      throw new ConfigError({ package: "cli", what: flagOf(name), expected: "only with --checkpoint random or pixels", received: `--checkpoint ${checkpoint}` });
    }
    const { encoder, run, judged, description, ...loaded } = await loadCheckpoint(checkpoint, options.weights);
    const views = evaluationViews({ ...loaded, imageSize: squareSideOf(loaded), ...crop });
    return { views, encoder, channels: encoder.layout.channels, ...(run === undefined ? {} : { checkpoint: { name: run.checkpoint, weights: options.weights } }), judged, description };
  }
  if (like !== undefined && options.model !== undefined) {
    throw new ConfigError({ package: "cli", what: "--model", expected: "--model or --like, whose model is used", received: "both" });
  }
  const model = like === undefined ? undefined : await loadCheckpoint(like).catch(aboutOption("--like"));
  const channels = options.channels ?? model?.encoder.layout.channels ?? 3;
  const settings = { size: "pico", patchSize: 4, imageSize: 32, ...model?.encoder.config, ...modelFlags(options), channels, seed };
  // vit checks the names and values itself.
  const encoder = checkpoint === "random" ? vit(settings as VitOptions)("teacher") : undefined;
  const imageSize = encoder?.layout.imageSize[0] ?? options.imageSize ?? (model === undefined ? 32 : squareSideOf(model));
  const views = evaluationViews({ imageSize, normalize: model?.normalize ?? channelStatistics(channels), ...crop });
  const judged = encoder === undefined ? { kind: "pixels" as const } : { kind: "random" as const, encoder: withoutFields(encoder.config, "seed"), seed };
  return { views, encoder, channels, judged, description: checkpoint === "random" ? "an untrained ViT" : "raw pixels" };
}

/** Features of the images at a location, in the data's order. Broken images are named and left out. */
export async function featuresOf(location: string, { encoder, views, channels, description }: FeatureExtractor, options: FeatureOptions, count?: number): Promise<ImageFeatures> {
  const data = await openImages(location);
  const tell = sometimes(say);
  const started = performance.now();
  try {
    const features = await datasetFeatures(encoder, data, {
      views,
      channels,
      seed: options.seed,
      batchSize: options.batchSize,
      workers: options.workers,
      ...(options.layer === undefined ? {} : { layer: options.layer }),
      ...(options.block === undefined ? {} : { block: options.block }),
      ...(count === undefined ? {} : { images: count }),
      onSkip: (key, reason) => {
        warn(`skipped ${key}: ${reason}`);
      },
      onProgress: (batches, total) => {
        tell(() => `features  ${Math.round((100 * batches) / total)} % of ${location}`);
      },
    });
    say(`features  ${features.count} images of ${location} (${description}) in ${((performance.now() - started) / 1000).toFixed(1)} s`);
    return features;
  } finally {
    await data.close();
  }
}
