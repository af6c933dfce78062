import { ConfigError } from "@ssl-vit/core";
import { evaluateKnn, linearProbe } from "@ssl-vit/eval";
import { Command, Option } from "commander";
import { positiveNumber, wholeNumber } from "../argument-parsers.js";
import { askedToStop } from "../asked-to-stop.js";
import { say } from "../console-output.js";
import { addFeatureOptions, type FeatureExtractor, type FeatureOptions, openExtractor } from "../feature-options.js";
import { labelledFeatures, warnOfOverlap } from "../labelled-features.js";
import { percent } from "../percent.js";
import { refuseUnusableData } from "../refuse-unusable-data.js";
import { addReportOptions, refuseTakenResult, reportEvaluation, type ReportOptions } from "../report-evaluation.js";
import { startEngine } from "../start-engine.js";
import { stoppable } from "../stoppable.js";
import { parseTargets, type TransferTarget } from "../transfer-targets.js";

interface TransferOptions extends FeatureOptions, ReportOptions {
  readonly to: readonly string[];
  readonly classifiers: readonly ("knn" | "linear")[];
  readonly baselines: readonly ("random" | "pixels")[];
  readonly k: number;
  readonly temperature: number;
  readonly weightDecay?: number;
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
    .option("-k, --k <n>", "of knn: neighbours that vote", wholeNumber(1), 20)
    .option("--temperature <x>", "of knn: of the votes' weights", positiveNumber, 0.07)
    .option("--weight-decay <x>", "of linear: L2 penalty (default: chosen on a held-out fifth of each set's training images)", positiveNumber)
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
  const { k, temperature, weightDecay, seed } = options;
  const judges = { knn: () => evaluateKnn({ ...sets, k, temperature }), linear: () => linearProbe({ ...sets, seed, ...(weightDecay === undefined ? {} : { weightDecay }) }) };
  return { ...Object.fromEntries(options.classifiers.map((name) => [name, judges[name]()])), ...warnOfOverlap(sets) };
}

const words = { knn: "k-NN", linear: "linear" } as const;

/** One set's accuracies by one encoder. */
type Row = Readonly<Record<string, unknown>> & { readonly data: string; readonly features: string };

const top1Of = (row: Row, name: "knn" | "linear"): string => percent((row[name] as { readonly top1: number }).top1);

/** What a person is told of the classifiers. */
function classifierNote({ k, temperature, weightDecay }: TransferOptions): string {
  const decay = weightDecay === undefined ? "its weight decay chosen on a held-out fifth" : `weight decay ${weightDecay}`;
  return `k-NN: k ${k}, temperature ${temperature}, cosine. linear: logistic regression to convergence, ${decay}. The file has each number's whole protocol.`;
}

async function transfer(options: TransferOptions): Promise<void> {
  const targets = parseTargets(options.to);
  const { classifiers, trainImages, testImages, seed } = options;
  await refuseTakenResult(options);
  const limits = { seed, ...(trainImages === undefined ? {} : { trainImages }), ...(testImages === undefined ? {} : { testImages }) };
  for (const { train, test } of targets) await refuseUnusableData({ train, test, ...limits }, classifiers.includes("knn") ? { k: [options.k] } : {});
  const engine = await startEngine(options);
  const extractor = await openExtractor(options);
  const isTrained = !["random", "pixels"].includes(options.checkpoint);
  const judged: { readonly name: string; readonly extractor: FeatureExtractor }[] = [{ name: isTrained ? "pretrained" : options.checkpoint, extractor }];
  if (isTrained) {
    for (const checkpoint of options.baselines) judged.push({ name: checkpoint, extractor: await openExtractor({ ...options, checkpoint, like: options.checkpoint }) });
  }
  const results: Row[] = [];
  const failed = await stoppable((name) => { say(`${name}: finishing these features; once more to leave at once`); }, async (signal) => {
    for (const [target, { name: features, extractor: seenBy }] of targets.flatMap((each) => judged.map((by) => [each, by] as const))) {
      const data = target.name;
      if (await askedToStop(signal)) return undefined;
      try {
        const row = { data, features, judged: seenBy.judged, ...(await judge(target, seenBy, options)) };
        results.push(row);
        say(`${data}, ${features}    ${classifiers.map((name) => `${words[name]} ${top1Of(row, name)} %`).join(", ")}`);
      } catch (error) {
        // What is done is not lost.
        return { data, features, error };
      }
    }
    return undefined;
  });
  if (failed !== undefined && results.length === 0) throw failed.error;
  const isWhole = results.length === targets.length * judged.length;
  if (results.length === 0) {
    say("stopped   before a set was finished: there is no result");
    return;
  }
  const early = isWhole ? {} : failed === undefined ? { stopped: true } : { failed: { data: failed.data, features: failed.features, reason: failed.error instanceof Error ? failed.error.message : String(failed.error) } };
  await reportEvaluation(options, { engine, extractor }, {
    kind: "transfer",
    result: { results, ...early },
    table: {
      columns: ["data", "features", ...classifiers.map((name) => `${words[name]}, top-1 %`)],
      rows: results.map((row) => [row.data, row.features, ...classifiers.map((name) => top1Of(row, name))]),
    },
    notes: [classifierNote(options), ...(isWhole ? [] : [failed === undefined ? "Not complete: it was stopped." : `Not complete: it failed at ${failed.data}, ${failed.features}.`])],
  });
  if (failed !== undefined) throw failed.error;
}
