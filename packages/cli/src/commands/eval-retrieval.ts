import { evaluateRetrieval } from "@ssl-vit/eval";
import { Command, Option } from "commander";
import { wholeNumbers } from "../argument-parsers.js";
import { addFeatureOptions, type FeatureOptions } from "../feature-options.js";
import { openFrozenEvaluation } from "../frozen-evaluation.js";
import { addLabelledDataOptions, type LabelledDataOptions } from "../labelled-data-options.js";
import { warnOfOverlap } from "../labelled-features.js";
import { percent } from "../percent.js";
import { addReportOptions, reportEvaluation, type ReportOptions } from "../report-evaluation.js";

interface RetrievalOptions extends FeatureOptions, LabelledDataOptions, ReportOptions {
  readonly k: readonly number[];
}

/** `ssl-vit eval retrieval` */
export function evalRetrievalCommand(): Command {
  const command = addLabelledDataOptions(new Command("retrieval"))
    .description("Whether images of the same class are found first, by cosine similarity: recall@k, mAP, MAP@R. --train is the gallery, --test the queries; the same path twice leaves each query itself out.")
    .addOption(new Option("-k, --k <list>", "of recall, with commas").argParser(wholeNumbers(1)).default([1, 5, 10], "1,5,10"));
  return addReportOptions(addFeatureOptions(command))
    .addHelpText("after", "\nExample:\n  $ ssl-vit eval retrieval --checkpoint runs/dino --train photos/train --test photos/test")
    .action(retrieval);
}

async function retrieval(options: RetrievalOptions): Promise<void> {
  const { sets, made } = await openFrozenEvaluation(options, { k: options.k });
  const found = evaluateRetrieval({ queries: sets.test, gallery: sets.train, k: options.k });
  // A query that is in the gallery does not find itself there.
  const overlap = found.protocol.leavesOwnImageOut ? {} : warnOfOverlap(sets);
  const recalls = options.k.map((k) => [`recall@${k} %`, percent(found[`recallAt${k}`]!)] as const);
  await reportEvaluation(options, made, {
    kind: "retrieval",
    result: { ...found, ...overlap },
    table: {
      columns: [...recalls.map(([name]) => name), "mAP %", "MAP@R %"],
      rows: [[...recalls.map(([, value]) => value), percent(found.meanAveragePrecision), percent(found.meanAveragePrecisionAtR)]],
    },
    notes: [
      `protocol ${JSON.stringify(found.protocol)}`,
      ...(found.queriesWithoutMatch > 0 ? [`${found.queriesWithoutMatch} queries have no other image of their class in the gallery and count nowhere.`] : []),
    ],
  });
}
