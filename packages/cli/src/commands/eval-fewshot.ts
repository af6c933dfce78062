import { ConfigError } from "@ssl-vit/core";
import { evaluateFewShot, type FewShotResult } from "@ssl-vit/eval";
import { drawFewShotCurves, type Figure } from "@ssl-vit/visualize";
import { Command, Option } from "commander";
import { positiveNumbers, wholeNumber, wholeNumbers } from "../argument-parsers.js";
import { dataName } from "../data-name.js";
import { addFeatureOptions, type FeatureOptions } from "../feature-options.js";
import { openFrozenEvaluation } from "../frozen-evaluation.js";
import { addLabelledDataOptions, type LabelledDataOptions } from "../labelled-data-options.js";
import { warnOfOverlap } from "../labelled-features.js";
import { percent, percentInterval } from "../percent.js";
import { addReportOptions, reportEvaluation, type ReportOptions } from "../report-evaluation.js";

interface FewShotOptions extends FeatureOptions, LabelledDataOptions, ReportOptions {
  readonly shots: readonly number[];
  readonly shares: readonly number[];
  readonly draws: number;
}

/** `none` or a list. */
const orNone =
  (parse: (text: string) => readonly number[]) =>
  (text: string): readonly number[] =>
    text === "none" ? [] : parse(text);

/** `ssl-vit eval fewshot` */
export function evalFewshotCommand(): Command {
  const command = addLabelledDataOptions(new Command("fewshot"))
    .description("Accuracy with few labels on frozen features: logistic regression and nearest centroid, over several draws of the labelled images.")
    .addOption(new Option("--shots <list>", "labelled images a class, with commas, or none").argParser(orNone(wholeNumbers(1))).default([1, 5, 10], "1,5,10"))
    .addOption(new Option("--shares <list>", "shares of each class's images (at least one), with commas, or none").argParser(orNone(positiveNumbers)).default([0.01, 0.1], "0.01,0.1"))
    .option("--draws <n>", "choices of the labelled images, by --seed", wholeNumber(1), 5);
  return addReportOptions(addFeatureOptions(command))
    .addHelpText("after", "\nExample:\n  $ ssl-vit eval fewshot --checkpoint runs/dino --train photos/train --test photos/test --shots 1,5,10 --draws 5")
    .action(fewshot);
}

const shortNames = { "multinomial logistic regression, to convergence": "logistic regression", "nearest centroid": "nearest centroid" } as const;

function drawCurves(results: readonly FewShotResult[], judged: string): Promise<Figure> {
  const names = [...new Set(results.map(({ protocol }) => protocol.classifier.name))];
  const series = names.map((name) => {
    const points = results
      .filter(({ protocol }) => protocol.classifier.name === name)
      // Labelled images of a class, on average.
      .map(({ top1, top1Interval: [low, high] = [top1, top1], protocol: { labelled, labelledImages, classes } }) => ({ labelled, imagesPerClass: labelledImages / classes, mean: top1, low, high }))
      .sort((first, second) => first.imagesPerClass - second.imagesPerClass);
    return {
      name: shortNames[name],
      shots: points.flatMap(({ labelled, imagesPerClass, ...numbers }) => ("shots" in labelled ? [{ imagesPerClass, ...numbers }] : [])),
      shares: points.flatMap(({ labelled, ...numbers }) => ("share" in labelled ? [{ share: labelled.share, ...numbers }] : [])),
    };
  });
  return drawFewShotCurves({ series, title: `Few labels, ${dataName(results[0]!.protocol.test)}, ${judged}, ${results[0]!.protocol.draws} draws` });
}

async function fewshot(options: FewShotOptions): Promise<void> {
  if (options.shots.length + options.shares.length === 0) throw new ConfigError({ package: "cli", what: "--shots", expected: "some, or --shares", received: "none of both" });
  const { sets, made } = await openFrozenEvaluation(options, { shots: options.shots });
  const overlap = warnOfOverlap(sets);
  const { shots, shares, draws, seed } = options;
  const results = evaluateFewShot({ ...sets, shots, shares, draws, seed });
  const labelled = ({ protocol }: FewShotResult): string => ("shots" in protocol.labelled ? `${protocol.labelled.shots} a class` : `${percent(protocol.labelled.share)} %`);
  await reportEvaluation(options, made, {
    kind: "fewshot",
    result: { results, ...overlap },
    table: {
      columns: ["labels", "images", "classifier", "top-1 %", "95 % over draws"],
      rows: results.map((result) => [labelled(result), result.protocol.labelledImages, shortNames[result.protocol.classifier.name], percent(result.top1), result.top1Interval === undefined ? "" : percentInterval(result.top1Interval)]),
    },
    notes: [`protocol ${JSON.stringify(results[0]!.protocol)}`],
    figures: { curves: () => drawCurves(results, made.extractor.description) },
  });
}
