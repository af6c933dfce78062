import { ConfigError, type OptimizerRecipe } from "@ssl-vit/core";
import { type FinetuneRecipe, finetuneRecipes } from "@ssl-vit/eval";
import { checkRecipe } from "@ssl-vit/optim";
import { type Command, Option } from "commander";
import { amount, positiveNumber, positiveShare, share } from "./argument-parsers.js";
import type { FeatureOptions } from "./feature-options.js";

/** What the command line of `eval finetune` changes of a recipe; absent = not said. */
export interface FinetuneFlags {
  readonly recipe: keyof typeof finetuneRecipes;
  readonly epochs?: number;
  readonly learningRate?: number;
  readonly weightDecay?: number;
  readonly layerDecay?: number;
  readonly dropPath?: number;
  readonly mixup?: number;
  readonly cutmix?: number;
  readonly labelSmoothing?: number;
  readonly randomErasing?: number;
  readonly cropMin?: number;
  readonly averageMomentum?: number;
}

/** Adds them to a command. */
export function addFinetuneOptions(command: Command): Command {
  return command
    .addOption(new Option("--recipe <name>", "what to start from: for about a thousand small images, or MAE's for ImageNet").choices(Object.keys(finetuneRecipes)).default("small"))
    .option("--epochs <n>", "passes over the training images", positiveNumber)
    .option("--learning-rate <x>", "for 256 images a step, scaled by --batch-size", positiveNumber)
    .option("--weight-decay <x>", "of matrices", amount)
    .option("--layer-decay <x>", "rate of a layer ÷ rate of the one above it; 1 = the same for all", positiveNumber)
    .option("--drop-path <x>", "of the last block, growing from 0 in the first", share)
    .option("--mixup <alpha>", "0 = none", amount)
    .option("--cutmix <alpha>", "0 = none", amount)
    .option("--label-smoothing <x>", "0 = none", share)
    .option("--random-erasing <x>", "how often a part of an image is erased; 0 = never", share)
    .option("--crop-min <x>", "least share of an image that a random crop keeps", positiveShare)
    .option("--average-momentum <x>", "evaluate a moving average of the weights, 0.999 of about a thousand steps", positiveNumber);
}

/** A recipe as it is carried out. */
export interface FinetuneSettings extends Omit<FinetuneRecipe, "description" | "published"> {
  readonly optimizer: OptimizerRecipe;
  /** 0 = none is kept. */
  readonly averageMomentum: number;
}

/**
 * The recipe with what the command line changes of it.
 *
 * @param batchSize where --batch-size was given
 * @throws ConfigError for a number that cannot be
 */
export function finetuneSettings(flags: FinetuneFlags & Pick<FeatureOptions, "layer" | "block">, batchSize: number | undefined): FinetuneSettings {
  const start: FinetuneRecipe = finetuneRecipes[flags.recipe];
  if (flags.block !== undefined) throw new ConfigError({ package: "cli", what: "--block", expected: "nothing: fine-tuning trains all blocks", received: String(flags.block) });
  const { learningRate = start.optimizer.learningRate, weightDecay = start.optimizer.weightDecay, layerDecay = start.optimizer.layerDecay ?? 1 } = flags;
  const optimizer: OptimizerRecipe = { ...start.optimizer, learningRate, weightDecay, layerDecay };
  checkRecipe(optimizer);
  const epochs = flags.epochs ?? start.epochs;
  return {
    // A short training is not all warm-up.
    optimizer: { ...optimizer, warmupEpochs: Math.min(optimizer.warmupEpochs ?? 0, epochs / 4) },
    epochs,
    batchSize: batchSize ?? start.batchSize,
    layer: flags.layer ?? start.layer,
    dropPathRate: flags.dropPath ?? start.dropPathRate,
    mix: { ...start.mix, mixupAlpha: flags.mixup ?? start.mix.mixupAlpha, cutmixAlpha: flags.cutmix ?? start.mix.cutmixAlpha },
    labelSmoothing: flags.labelSmoothing ?? start.labelSmoothing,
    randomErasing: flags.randomErasing ?? start.randomErasing,
    cropScale: [flags.cropMin ?? start.cropScale[0], 1],
    averageMomentum: flags.averageMomentum ?? 0,
  };
}
