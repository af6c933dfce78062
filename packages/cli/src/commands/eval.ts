import { openDataset } from "@ssl-vit/data";
import { evaluateKnn, type ImageFeatures, linearProbe } from "@ssl-vit/eval";
import { Command } from "commander";
import { positiveNumber, wholeNumber } from "../argument-parsers.js";
import { print, printJson } from "../console-output.js";
import { addFeatureOptions, type FeatureOptions, featuresOf, openExtractor } from "../feature-options.js";
import { startEngine } from "../start-engine.js";

interface EvalOptions extends FeatureOptions {
  readonly train: string;
  readonly test: string;
  readonly trainImages?: number;
  readonly testImages?: number;
  readonly json?: boolean;
}

interface Result {
  readonly top1: number;
  readonly top5: number;
  readonly protocol: object;
}

/** Features of both splits, the evaluation, the result on standard output. */
async function evaluate(options: EvalOptions, score: (sets: { readonly train: ImageFeatures; readonly test: ImageFeatures }) => Result): Promise<void> {
  // A wrong path is refused before an hour of features.
  for (const path of [options.train, options.test]) await (await openDataset(path)).close();
  const engine = await startEngine(options);
  const extractor = await openExtractor(options);
  const train = await featuresOf(options.train, extractor, options, options.trainImages);
  const test = await featuresOf(options.test, extractor, options, options.testImages);
  const result = score({ train, test });
  if (options.json === true) {
    printJson({ ...result, checkpoint: options.checkpoint, ...(extractor.checkpoint === undefined ? {} : { run: extractor.checkpoint }), engine: engine.name });
    return;
  }
  const percent = (share: number): string => `${(share * 100).toFixed(2)} %`;
  print(`top-1 ${percent(result.top1)} · top-5 ${percent(result.top5)}`);
  print(`protocol ${JSON.stringify(result.protocol)}`);
}

const withData = (command: Command): Command =>
  addFeatureOptions(
    command
      .requiredOption("--train <path>", "labelled images to learn from")
      .requiredOption("--test <path>", "labelled images to be judged on")
      .option("--train-images <n>", "use only so many, drawn by --seed", wholeNumber(1))
      .option("--test-images <n>", "use only so many, drawn by --seed", wholeNumber(1))
      .option("--json", "one JSON object on standard output, with the protocol"),
  );

/** `ssl-vit eval knn` */
function knnCommand(): Command {
  return withData(new Command("knn"))
    .description("Accuracy of the weighted k-nearest-neighbour classifier on frozen features.")
    .option("-k, --k <n>", "neighbours that vote", wholeNumber(1), 20)
    .option("--temperature <x>", "of the votes' weights", positiveNumber, 0.07)
    .addHelpText("after", "\nExample:\n  $ ssl-vit eval knn --checkpoint runs/dino --train photos/train --test photos/test --json")
    .action(async (options: EvalOptions & { readonly k: number; readonly temperature: number }) => {
      await evaluate(options, (sets) => evaluateKnn({ ...sets, k: options.k, temperature: options.temperature }));
    });
}

/** `ssl-vit eval linear` */
function linearCommand(): Command {
  return withData(new Command("linear"))
    .description("Accuracy of a linear classifier on frozen features.")
    .option("--weight-decay <x>", "L2 penalty (default: chosen on a held-out fifth of the training images)", positiveNumber)
    .addHelpText("after", "\nExample:\n  $ ssl-vit eval linear --checkpoint runs/dino --train photos/train --test photos/test")
    .action(async (options: EvalOptions & { readonly weightDecay?: number }) => {
      const decay = options.weightDecay === undefined ? {} : { weightDecay: options.weightDecay };
      await evaluate(options, (sets) => linearProbe({ ...sets, ...decay, seed: options.seed }));
    });
}

/** `ssl-vit eval` */
export function evalCommand(): Command {
  return new Command("eval")
    .description("Judge a frozen encoder by labelled images.")
    .addCommand(knnCommand())
    .addCommand(linearCommand())
    .addHelpText("after", "\nExample:\n  $ ssl-vit eval knn --checkpoint runs/dino --train photos/train --test photos/test");
}
