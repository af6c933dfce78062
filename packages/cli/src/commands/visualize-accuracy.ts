import { drawAccuracyOverTraining, saveFigure } from "@ssl-vit/visualize";
import { Command } from "commander";
import { say } from "../console-output.js";
import { dataName } from "../data-name.js";
import { figureFlag, refuseFigureFile } from "../figure-file.js";
import { readInFlightEvaluations } from "../read-in-flight-evaluations.js";

interface AccuracyOptions {
  readonly checkpoint: string;
  readonly out: string;
  readonly overwrite?: boolean;
}

/** How people write them; what is not here is called as in metrics.jsonl. */
const words: Readonly<Record<string, string>> = { knnTop1: "k-NN top-1", linearTop1: "linear top-1", otherKnnTop1: "k-NN top-1, other domain", rankMe: "RankMe", lidar: "LiDAR", alphaReq: "alpha-ReQ", embeddingDeviation: "deviation" };

/** Of the images and not of what was learned: the same at every evaluation. */
const ofImages = ["imageMean", "imageDeviation"];

/** Metrics that are accuracies, from 0 to 1: `knnTop1`, `linearTop5`. */
const isAccuracy = (metric: string): boolean => /top[15]$|accuracy$/i.test(metric);

/** A metric's line and, if it is no accuracy, its panel: blocks share one. */
function lineOf(metric: string): { readonly name: string; readonly quantity?: string } {
  const block = /^effectiveRankBlock(\d+)$/.exec(metric)?.[1];
  if (block !== undefined) return { name: `block ${block}`, quantity: "effective rank" };
  const name = words[metric] ?? metric;
  return isAccuracy(metric) ? { name } : { name, quantity: name };
}

/** `ssl-vit visualize accuracy` */
export function visualizeAccuracyCommand(): Command {
  return new Command("accuracy")
    .description("What evaluations in flight (pretrain --eval-train, --eval-test, --eval-quality) answered over a training.")
    .requiredOption("-c, --checkpoint <folder>", "a run's folder, finished or not")
    .requiredOption(...figureFlag)
    .option("--overwrite", "replace the file")
    .addHelpText("after", "\nExample:\n  $ ssl-vit visualize accuracy --checkpoint runs/dino --out accuracy.svg")
    .action(async (options: AccuracyOptions) => {
      refuseFigureFile(options);
      const metrics = await readInFlightEvaluations(options.checkpoint);
      const series = [...metrics].filter(([name]) => !ofImages.includes(name)).map(([name, points]) => ({ ...lineOf(name), points }));
      await saveFigure(await drawAccuracyOverTraining({ series, title: `Evaluations in flight (${dataName(options.checkpoint)})` }), options.out);
      say(`wrote     ${options.out}`);
    });
}
