import { checkViewPolicy, evaluationViews } from "@ssl-vit/augment";
import { ConfigError, type CorruptionName, corruptionNames, type CorruptionScale, type CorruptionSeverity } from "@ssl-vit/core";
import { type CorruptionAccuracy, corruptedFeatures, evaluateKnn, extraCorruptions, type FeatureSet, fitLinearProbe, type RobustnessResult, summarizeRobustness } from "@ssl-vit/eval";
import { Command, Option } from "commander";
import { positiveNumber, wholeNumber } from "../argument-parsers.js";
import { askedToStop } from "../asked-to-stop.js";
import { say } from "../console-output.js";
import { corruptionNamesFor, parseCorruptions, whichCorruptions, wordsOf } from "../corruptions-asked-for.js";
import { addFeatureOptions, type FeatureExtractor, type FeatureOptions, featuresOf, openExtractor } from "../feature-options.js";
import { warnOfOverlap } from "../labelled-features.js";
import { refuseUnusableData } from "../refuse-unusable-data.js";
import { addReportOptions, refuseTakenResult, reportEvaluation, type ReportOptions } from "../report-evaluation.js";
import { startEngine } from "../start-engine.js";
import { stoppable } from "../stoppable.js";

interface RobustnessOptions extends FeatureOptions, ReportOptions {
  readonly train: string;
  readonly test: string;
  readonly kind: "knn" | "linear";
  readonly k: number;
  readonly temperature: number;
  readonly weightDecay?: number;
  readonly corruptions: readonly CorruptionName[] | "all";
  readonly severities: readonly CorruptionSeverity[];
  readonly scale?: CorruptionScale;
  readonly trainImages?: number;
  readonly testImages: number;
}

const allSeverities: readonly CorruptionSeverity[] = [1, 2, 3, 4, 5];
const DEFAULT_TEST_IMAGES = 2000;

/** Numbers from 1 to 5 with commas, in order. */
function parseSeverities(text: string): readonly CorruptionSeverity[] {
  const words = wordsOf(text);
  const unknown = words.find((word) => !allSeverities.some((severity) => String(severity) === word));
  if (unknown !== undefined) throw new ConfigError({ package: "cli", what: "--severities", expected: "numbers from 1 to 5, with commas", received: unknown });
  return allSeverities.filter((severity) => words.includes(String(severity)));
}

/** `ssl-vit eval robustness` */
export function evalRobustnessCommand(): Command {
  const command = new Command("robustness")
    .description(`Accuracy on corrupted test images (noise, blur, fog, …) of a classifier that learned from clean ones, with ${whichCorruptions}, which are averaged apart.`)
    .requiredOption("--train <path>", "labelled images to learn from")
    .requiredOption("--test <path>", "labelled images to corrupt and be judged on")
    .addOption(new Option("--kind <classifier>", "which judges the features").choices(["knn", "linear"]).default("knn"))
    .option("-k, --k <n>", "of knn: neighbours that vote", wholeNumber(1), 20)
    .option("--temperature <x>", "of knn: of the votes' weights", positiveNumber, 0.07)
    .option("--weight-decay <x>", "of linear: L2 penalty (default: chosen on a held-out fifth of the training images)", positiveNumber)
    .addOption(new Option("--corruptions <names>", `all, or some with commas: ${corruptionNames.join(", ")}`).argParser(parseCorruptions).default("all"))
    .addOption(new Option("--severities <numbers>", "from 1 (weakest) to 5").argParser(parseSeverities).default(allSeverities, "1,2,3,4,5"))
    .addOption(new Option("--scale <set>", "whose strengths: ImageNet-C's, made for 224 pixels, or CIFAR-10-C's, for 32 (default: cifar up to 64 pixels)").choices(["imagenet", "cifar"]))
    .option("--train-images <n>", "use only so many, drawn by --seed", wholeNumber(1))
    .option("--test-images <n>", "use only so many, drawn by --seed", wholeNumber(1), DEFAULT_TEST_IMAGES);
  return addReportOptions(addFeatureOptions(command))
    .addHelpText("after", "\nExample:\n  $ ssl-vit eval robustness --checkpoint runs/dino --train photos/train --test photos/test --corruptions fog,motion-blur --severities 1,3,5")
    .action(evaluateRobustness);
}

/** The same extractor for a corrupted test set. */
function corrupted(extractor: FeatureExtractor, name: CorruptionName, severity: CorruptionSeverity, { cropRatio, scale }: RobustnessOptions): FeatureExtractor {
  const { groups, normalize } = extractor.views;
  const corruption = { name, severity, ...(scale === undefined ? {} : { scale }) };
  const views = evaluationViews({ imageSize: groups[0]!.size, normalize, corruption, ...(cropRatio === undefined ? {} : { cropRatio }) });
  checkViewPolicy(views, extractor.channels);
  return { ...extractor, views, description: `${extractor.description}; ${name} ${severity}` };
}

/** The classifier, having learned from clean images. */
function fit(train: FeatureSet, { kind, k, temperature, weightDecay, seed }: RobustnessOptions) {
  if (kind === "knn") return (test: FeatureSet) => evaluateKnn({ train, test, k, temperature });
  const probe = fitLinearProbe({ train, seed, ...(weightDecay === undefined ? {} : { weightDecay }) });
  return (test: FeatureSet) => probe.evaluate(test);
}

const percent = (share: number): string => (share * 100).toFixed(1);

/** A row for each corruption, then for the means of the standard ones and of the extra ones. */
function rowsOf({ corruptions, meanTop1, extra }: RobustnessResult, severities: readonly CorruptionSeverity[]): readonly (readonly string[])[] {
  const isExtra = ({ name }: CorruptionAccuracy): boolean => extraCorruptions.includes(name);
  const meanRow = (name: string, of: readonly CorruptionAccuracy[], all: number | undefined): string[][] => {
    if (all === undefined) return [];
    const at = severities.map((_, place) => of.reduce((sum, corruption) => sum + corruption.severities[place]!.top1, 0) / of.length);
    return [[name, ...at.map(percent), percent(all)]];
  };
  return [
    ...corruptions.map((corruption) => [isExtra(corruption) ? `${corruption.name} (extra)` : corruption.name, ...corruption.severities.map(({ top1 }) => percent(top1)), percent(corruption.meanTop1)]),
    ...meanRow("mean", corruptions.filter((corruption) => !isExtra(corruption)), meanTop1),
    ...meanRow("mean of the extra ones", corruptions.filter(isExtra), extra?.meanTop1),
  ];
}

/** What the means are of, in a sentence. */
function meansNote({ cleanTop1, meanTop1, relativeDrop, corruptions }: RobustnessResult): string {
  const clean = `Clean: ${percent(cleanTop1)} %.`;
  if (meanTop1 === undefined) return `${clean} No mean corruption error: of the standard corruptions there is none.`;
  const count = corruptions.filter(({ name }) => !extraCorruptions.includes(name)).length;
  return `${clean} Mean corruption error ${percent(1 - meanTop1)} %${relativeDrop === undefined ? "" : `, relative drop ${percent(relativeDrop)} %`}, of ${count} of ImageNet-C's 15 corruptions.`;
}

async function evaluateRobustness(options: RobustnessOptions): Promise<void> {
  const { seed, severities, testImages } = options;
  await refuseTakenResult(options);
  await refuseUnusableData(options, options.kind === "knn" ? { k: [options.k] } : {});
  const engine = await startEngine(options);
  const extractor = await openExtractor(options);
  const names = corruptionNamesFor(options.corruptions, extractor.channels);
  const planned = names.map((name) => severities.map((severity) => corrupted(extractor, name, severity, options)));
  const train = await featuresOf(options.train, extractor, options, options.trainImages);
  const evaluate = fit(train, options);
  const test = await featuresOf(options.test, extractor, options, testImages);
  const overlap = warnOfOverlap({ train, test });
  const clean = evaluate(test);

  say(`clean     top-1 ${percent(clean.top1)} %`);
  const results: (typeof clean)[] = [];
  await stoppable((name) => { say(`${name}: finishing this corruption; once more to leave at once`); }, async (signal) => {
    for (const [place, versions] of planned.entries()) {
      if (await askedToStop(signal)) return;
      const scores = [];
      for (const version of versions) scores.push(evaluate(corruptedFeatures(await featuresOf(options.test, version, options, testImages), seed)));
      say(`corrupted ${names[place]!} (${place + 1} of ${names.length}): top-1 ${scores.map(({ top1 }) => percent(top1)).join(", ")} %`);
      results.push(...scores);
    }
  });
  if (results.length === 0) {
    say("stopped   before a corruption was finished: there is no result");
    return;
  }
  const isWhole = results.length === planned.flat().length;
  const robustness = summarizeRobustness(clean, results);
  const { protocol } = robustness;
  const { top1, top5, protocol: cleanProtocol } = clean;
  await reportEvaluation(options, { engine, extractor }, {
    kind: "robustness",
    result: { ...robustness, clean: { top1, top5, protocol: cleanProtocol }, ...overlap, ...(isWhole ? {} : { stopped: true }) },
    table: {
      columns: ["top-1 %, by severity", ...severities.map(String), "mean"],
      rows: rowsOf(robustness, severities),
    },
    notes: [
      ...(isWhole ? [] : ["Not complete: it was stopped."]),
      meansNote(robustness),
      `${options.kind === "knn" ? `k-NN, k ${options.k}, temperature ${options.temperature}` : "logistic regression to convergence"}, learned once, from clean images; ${clean.protocol.testImages} test images, strengths of ${protocol.scale === "cifar" ? "CIFAR-10-C" : "ImageNet-C"}. The mean is not divided by AlexNet's errors.`,
    ],
  });
}
