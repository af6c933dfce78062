import { ConfigError } from "@ssl-vit/core";
import { evaluateKnn, linearProbe } from "@ssl-vit/eval";
import { Command, Option } from "commander";
import { wholeNumber } from "../argument-parsers.js";
import { addFeatureOptions, type FeatureExtractor, type FeatureOptions, openExtractor } from "../feature-options.js";
import { refuseMissingData } from "../labelled-data-options.js";
import { labelledFeatures, warnOfOverlap } from "../labelled-features.js";
import { percent } from "../percent.js";
import { addReportOptions, refuseTakenResult, reportEvaluation, type ReportOptions } from "../report-evaluation.js";
import { startEngine } from "../start-engine.js";
import { parseTargets, type TransferTarget } from "../transfer-targets.js";

interface TransferOptions extends FeatureOptions, ReportOptions {
  readonly to: readonly string[];
  readonly classifiers: readonly ("knn" | "linear")[];
  readonly baselines: readonly ("random" | "pixels")[];
  readonly trainImages?: number;
  readonly testImages?: number;
}

const choicesOf = <Name extends string>(flag: string, names: readonly Name[]) => (text: string): readonly Name[] => {
  const given = text === "none" ? [] : text.split(",");
  const unknown = given.find((name) => !names.some((known) => known === name));
  if (unknown !== undefined) throw new ConfigError({ package: "cli", what: flag, expected: `${names.join(", ")}, with commas`, received: unknown });
  return given as unknown as readonly Name[];
};

/** `ssl-vit eval transfer` */
export function evalTransferCommand(): Command {
  const command = new Command("transfer")
    .description("Accuracy of frozen features on other sets than the one they were learned from, beside the same untrained ViT and raw pixels.")
    .requiredOption("--to <sets...>", "labelled data, NAME=TRAIN,TEST or NAME=PATH for PATH#train and PATH#test; several")
    .addOption(new Option("--classifiers <names>", "which judge the features").default(["knn", "linear"], "knn,linear").argParser(choicesOf("--classifiers", ["knn", "linear"])))
    .addOption(new Option("--baselines <names>", "what they are compared with, or none").default(["random", "pixels"], "random,pixels").argParser(choicesOf("--baselines", ["random", "pixels"])))
    .option("--train-images <n>", "use only so many of each set, drawn by --seed", wholeNumber(1))
    .option("--test-images <n>", "use only so many of each set, drawn by --seed", wholeNumber(1));
  return addReportOptions(addFeatureOptions(command))
    .addHelpText("after", '\nExample:\n  $ ssl-vit eval transfer --checkpoint runs/mae --to digits=mnist clothes=fashion "x-rays=pneumonia/train,pneumonia/test"')
    .action(transfer);
}

/** What one set's features, seen by one encoder, are worth. */
async function judge({ train, test }: TransferTarget, extractor: FeatureExtractor, options: TransferOptions): Promise<Readonly<Record<string, unknown>>> {
  // Pixels have no layers.
  const { layer, block, ...common } = options;
  const chosen = extractor.encoder === undefined ? {} : { ...(layer === undefined ? {} : { layer }), ...(block === undefined ? {} : { block }) };
  const sets = await labelledFeatures({ ...common, ...chosen, train, test }, extractor);
  const judges = { knn: () => evaluateKnn(sets), linear: () => linearProbe({ ...sets, seed: options.seed }) };
  return { ...Object.fromEntries(options.classifiers.map((name) => [name, judges[name]()])), ...warnOfOverlap(sets) };
}

async function transfer(options: TransferOptions): Promise<void> {
  const targets = parseTargets(options.to);
  await refuseTakenResult(options);
  // A wrong path is refused before minutes of features.
  for (const target of targets) await refuseMissingData(target);
  const engine = await startEngine(options);
  const extractor = await openExtractor(options);
  const isRun = extractor.checkpoint !== undefined;
  const judged: { readonly name: string; readonly extractor: FeatureExtractor }[] = [{ name: isRun ? "pretrained" : options.checkpoint, extractor }];
  if (isRun) {
    for (const checkpoint of options.baselines) judged.push({ name: checkpoint, extractor: await openExtractor({ ...options, checkpoint, like: options.checkpoint }) });
  }
  const results: (Readonly<Record<string, unknown>> & { readonly data: string; readonly features: string })[] = [];
  for (const target of targets) {
    for (const { name: features, extractor: seenBy } of judged) results.push({ data: target.name, features, ...(await judge(target, seenBy, options)) });
  }
  const words = { knn: "k-NN", linear: "linear" } as const;
  await reportEvaluation(options, { engine, extractor }, {
    kind: "transfer",
    result: { results },
    table: {
      columns: ["data", "features", ...options.classifiers.map((name) => `${words[name]}, top-1 %`)],
      rows: results.map((row) => [row.data, row.features, ...options.classifiers.map((name) => percent((row[name] as { readonly top1: number }).top1))]),
    },
    notes: ["k-NN: k 20, temperature 0.07, cosine. linear: logistic regression to convergence, its weight decay chosen on a held-out fifth. The file has each number's whole protocol."],
  });
}
