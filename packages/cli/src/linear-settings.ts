import { ConfigError, type OptimizerRecipe } from "@ssl-vit/core";
import { type LinearRecipe, linearRecipes } from "@ssl-vit/eval";
import { checkRecipe } from "@ssl-vit/optim";
import { type Command, Option } from "commander";
import { amount, positiveNumber, positiveShare, wholeNumber } from "./argument-parsers.js";
import { flagOf } from "./flag-of.js";

type Solver = "logistic" | "sgd" | "lars";

/** How the command line wants a linear classifier to be found; absent = not said. */
export interface LinearFlags {
  readonly solver?: Solver;
  readonly recipe?: keyof typeof linearRecipes;
  readonly weightDecay?: number;
  readonly batchNorm?: boolean;
  readonly epochs?: number;
  readonly learningRate?: number;
  readonly probeBatchSize?: number;
  readonly augment?: boolean;
  readonly cropMin?: number;
}

/** Adds them to a command. */
export function addLinearOptions(command: Command): Command {
  return command
    .addOption(new Option("--solver <name>", "logistic regression to convergence (default), or gradient descent by the field's protocols: sgd is DINO's recipe, lars MAE's").choices(["logistic", "sgd", "lars"]))
    .addOption(new Option("--recipe <name>", "whose protocol: dino, mae or moco; its solver, rates, epochs, layer and normalisation. Its random crops come with --augment, its test crop with --crop-ratio 0.875; --probe-batch-size is smaller than its 1024 (mae: 16384)").choices(Object.keys(linearRecipes)))
    .option("--weight-decay <x>", "L2 penalty (default: the recipe's; of logistic regression, chosen on a held-out fifth of the training images)", amount)
    .option("--batch-norm", "normalise features by batch statistics before the classifier, as MAE does")
    .option("--no-batch-norm", "do not, whatever the recipe says")
    .option("--epochs <n>", "passes over the training images, of sgd and lars", wholeNumber(1))
    .option("--learning-rate <x>", "for 256 images a step, scaled by --probe-batch-size", positiveNumber)
    .option("--probe-batch-size <n>", "images a step of sgd and lars (default 256)", wholeNumber(1))
    .option("--augment", "crop and mirror the training images anew each epoch, as the protocols do; features are not cached, so that it takes --epochs times as long")
    .option("--crop-min <x>", "least share of an image that such a crop keeps (default 0.08)", positiveShare);
}

/** A recipe of gradient descent as it is carried out. */
export interface LinearSettings extends Pick<LinearRecipe, "epochs" | "batchNorm" | "layer" | "interpolation"> {
  readonly recipeName: keyof typeof linearRecipes;
  readonly optimizer: OptimizerRecipe;
  readonly batchSize: number;
  readonly augment: boolean;
  readonly cropScale: readonly [number, number];
}

const defaultRecipes = { sgd: "dino", lars: "mae" } as const;

/** Images a step; the authors' larger batches are for larger data, and the learning rate follows. */
const BATCH = 256;

/**
 * What gradient descent is to do; undefined for logistic regression.
 *
 * @throws ConfigError for options of gradient descent without it, a recipe of another solver, a number that cannot be
 */
export function linearSettings(flags: LinearFlags): LinearSettings | undefined {
  const { solver } = flags;
  if (solver === "logistic" || (solver === undefined && flags.recipe === undefined)) {
    for (const name of ["recipe", "batchNorm", "epochs", "learningRate", "probeBatchSize", "augment", "cropMin"] as const) {
      if (flags[name] === undefined) continue;
      throw new ConfigError({ package: "cli", what: flagOf(name), expected: "only with --solver sgd or lars, or --recipe", received: "logistic regression, which goes to convergence" });
    }
    if (flags.weightDecay === 0) throw new ConfigError({ package: "cli", what: "--weight-decay", expected: "a number above 0 for logistic regression", received: "0" });
    return undefined;
  }
  const recipeName = flags.recipe ?? defaultRecipes[solver as "sgd" | "lars"];
  const recipe: LinearRecipe = linearRecipes[recipeName];
  if (solver !== undefined && recipe.optimizer.name !== solver) {
    throw new ConfigError({ package: "cli", what: "--solver", expected: `${recipe.optimizer.name}, that of --recipe ${recipeName}`, received: solver, fix: "Leave one of the two out." });
  }
  if (flags.cropMin !== undefined && flags.augment !== true) throw new ConfigError({ package: "cli", what: "--crop-min", expected: "with --augment", received: "without" });
  const { learningRate = recipe.optimizer.learningRate, weightDecay = recipe.optimizer.weightDecay, epochs = recipe.epochs } = flags;
  const optimizer = { ...recipe.optimizer, learningRate, weightDecay };
  checkRecipe(optimizer);
  return {
    recipeName,
    // A short training is not all warm-up.
    optimizer: { ...optimizer, ...(optimizer.warmupEpochs === undefined ? {} : { warmupEpochs: Math.min(optimizer.warmupEpochs, epochs / 4) }) },
    epochs,
    batchSize: flags.probeBatchSize ?? Math.min(recipe.batchSize, BATCH),
    batchNorm: flags.batchNorm ?? recipe.batchNorm,
    layer: recipe.layer,
    interpolation: recipe.interpolation,
    augment: flags.augment === true,
    cropScale: [flags.cropMin ?? 0.08, 1],
  };
}
