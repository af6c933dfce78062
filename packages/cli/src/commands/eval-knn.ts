import { evaluateKnnGrid, type KnnResult } from "@ssl-vit/eval";
import { drawKnnByK, type Figure } from "@ssl-vit/visualize";
import { Command, Option } from "commander";
import { positiveNumbers, wholeNumbers } from "../argument-parsers.js";
import { confusionFigure } from "../confusion-figure.js";
import { dataName } from "../data-name.js";
import { addFeatureOptions, type FeatureOptions } from "../feature-options.js";
import { openFrozenEvaluation } from "../frozen-evaluation.js";
import { addLabelledDataOptions, type LabelledDataOptions } from "../labelled-data-options.js";
import { warnOfOverlap } from "../labelled-features.js";
import { percent, percentInterval } from "../percent.js";
import { addReportOptions, reportEvaluation, type ReportOptions } from "../report-evaluation.js";

interface KnnOptions extends FeatureOptions, LabelledDataOptions, ReportOptions {
  readonly k: readonly number[];
  readonly temperature: readonly number[];
}

/** `ssl-vit eval knn` */
export function evalKnnCommand(): Command {
  const command = addLabelledDataOptions(new Command("knn"))
    .description("Accuracy of the weighted k-nearest-neighbour classifier on frozen features.")
    .addOption(new Option("-k, --k <n>", "neighbours that vote; several with commas, DINO's: 10,20,100,200").argParser(wholeNumbers(1)).default([20], "20"))
    .addOption(new Option("--temperature <x>", "of the votes' weights; several with commas").argParser(positiveNumbers).default([0.07], "0.07"));
  return addReportOptions(addFeatureOptions(command))
    .addHelpText(
      "after",
      `
Examples:
  $ ssl-vit eval knn --checkpoint runs/dino --train photos/train --test photos/test --json
  $ ssl-vit eval knn --checkpoint runs/dino --train photos/train --test photos/test --k 10,20,100,200 --temperature 0.07,0.1`,
    )
    .action(knn);
}

/** Several settings: accuracy by k; and what was taken for what, by the first. */
function figuresOf(results: readonly KnnResult[], judged: string, classes: readonly string[] | undefined): Readonly<Record<string, () => Promise<Figure>>> {
  const [{ confusion, protocol, top1 }] = results as readonly [KnnResult];
  const byK = results.map((result) => ({ k: result.protocol.k, temperature: result.protocol.temperature, top1: result.top1, top1Interval: result.top1Interval }));
  const which = `k ${protocol.k}, temperature ${protocol.temperature}${results.length === 1 ? "" : ` (the first of ${results.length} settings)`}`;
  return {
    ...(results.length === 1 ? {} : { "by-k": () => drawKnnByK({ results: byK, classes: protocol.classes, title: `k-NN on ${dataName(protocol.test)}, ${judged}` }) }),
    ...confusionFigure(confusion, classes, `k-NN, ${judged}, ${which}: top-1 ${percent(top1)} %`),
  };
}

async function knn(options: KnnOptions): Promise<void> {
  const { sets, made } = await openFrozenEvaluation(options, { k: options.k });
  const overlap = warnOfOverlap(sets);
  const results = evaluateKnnGrid({ ...sets, k: options.k, temperature: options.temperature });
  await reportEvaluation(options, made, {
    kind: "knn",
    result: results.length === 1 ? { ...results[0]!, ...overlap } : { results, ...overlap },
    table: {
      columns: ["k", "temperature", "top-1 %", "95 %", "top-5 %"],
      rows: results.map(({ protocol, top1, top1Interval, top5 }) => [protocol.k, protocol.temperature, percent(top1), percentInterval(top1Interval), percent(top5)]),
    },
    notes: [`protocol ${JSON.stringify(results[0]!.protocol)}`, ...(results.length > 1 ? ["Report all settings: the best of them, chosen on the test images, is no accuracy."] : [])],
    figures: figuresOf(results, made.extractor.description, sets.train.classes),
  });
}
