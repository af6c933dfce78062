import { Command } from "commander";
import { evalCompareCommand } from "./eval-compare.js";
import { evalFewshotCommand } from "./eval-fewshot.js";
import { evalFinetuneCommand } from "./eval-finetune.js";
import { evalKnnCommand } from "./eval-knn.js";
import { evalLinearCommand } from "./eval-linear.js";
import { evalQualityCommand } from "./eval-quality.js";
import { evalRetrievalCommand } from "./eval-retrieval.js";
import { evalRobustnessCommand } from "./eval-robustness.js";
import { evalTransferCommand } from "./eval-transfer.js";

/** `ssl-vit eval` */
export function evalCommand(): Command {
  return new Command("eval")
    .description("Judge a frozen encoder by labelled images.")
    .addCommand(evalKnnCommand())
    .addCommand(evalLinearCommand())
    .addCommand(evalFinetuneCommand())
    .addCommand(evalFewshotCommand())
    .addCommand(evalTransferCommand())
    .addCommand(evalRetrievalCommand())
    .addCommand(evalRobustnessCommand())
    .addCommand(evalQualityCommand())
    .addCommand(evalCompareCommand())
    .addHelpText("after", "\nExample:\n  $ ssl-vit eval knn --checkpoint runs/dino --train photos/train --test photos/test");
}
