// Evaluation beside others', and what it says of a short training: `pnpm run bench evaluation`. README.md has the options.
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { carryOut } from "@ssl-vit/sitting/carry-out.js";
import { withSitting } from "@ssl-vit/sitting/sitting-options.js";
import { someOf } from "@ssl-vit/sitting/some-of.js";
import { wholeNumber } from "@ssl-vit/sitting/whole-number.js";
import { Command, Option } from "commander";
import { accuracyPlan, featureNames } from "./accuracy.js";
import { measureDomains } from "./domains.js";
import { knnPlan, knnSides } from "./knn-speed.js";

const results = fileURLToPath(new URL("results", import.meta.url));
const numbers = (/** @type {number} */ least) => (/** @type {string} */ text) => text.split(",").map(wholeNumber(least));

const program = new Command("bench evaluation").description("k-NN and linear classifiers beside PyTorch, lightly and scikit-learn; a short training judged at home and in other domains.");

/** @param {string} name @param {string} description */
const mode = (name, description) =>
  withSitting(program.command(name).description(description), join(results, name));
/** @param {Command} command */
const withPeers = (command) => command.option("--venv <dir>", "a Python environment with benchmarks/reference/requirements.txt (default: one is made in the cache folder, 6 GB)");

withPeers(mode("knn", "time and memory of the k-NN classifier, here and in PyTorch, in turn"))
  .option("--bank <n>", "labelled features", wholeNumber(1000), 50_000)
  .option("--queries <n>", "features to classify", wholeNumber(1000), 10_000)
  .option("--dim <n>", "their width", wholeNumber(1), 192)
  .option("--k <list>", "numbers of neighbours", numbers(1), [20, 200])
  .option("--rounds <n>", "times that both sides take their turn", wholeNumber(1), 3)
  .option("--repeats <n>", "evaluations in each turn", wholeNumber(1), 3)
  .addOption(new Option("--only <side>", "one side alone, without comparing: native is ours and needs no Python").choices(knnSides))
  .action(({ bank, queries, dim, k, rounds, repeats, only, venv, ...flags }) => carryOut("evaluation", () => knnPlan({ bank, queries, dim, k, rounds, repeats, only }, venv), flags));
withPeers(mode("accuracy", "accuracy of k-NN and of logistic regression beside lightly's and scikit-learn's, on the same features"))
  .requiredOption("--train <images>", "labelled images to learn from")
  .requiredOption("--test <images>", "labelled images to be judged on")
  .option("--steps <n>", "of the training of the trained ViT, SimCLR's", wholeNumber(1), 150)
  .option("--run <folder>", "a run to judge as trained, in place of training one")
  .option("--features <names>", `of ${featureNames.join(", ")}`, someOf(featureNames), [...featureNames])
  .action(({ train, test, steps, run, features, venv, ...flags }) => carryOut("evaluation", () => accuracyPlan({ train, test, steps, run, features }, venv, flags), flags));
mode("domains", "a small ViT trained without labels on CIFAR-10, judged there and on digits, clothes and chest X-rays, beside the same ViT untrained and trained from scratch")
  .option("--method <name>", "how it is trained", "mae")
  .option("--steps <n>", "of that training; 1300 of mae are ten processor minutes on the machine of RESULTS.md", wholeNumber(1), 1300)
  .option("--seeds <numbers>", "with commas", numbers(0), [0, 1, 2])
  .option("--only-pretrain", "train, and judge another time with --resume")
  .action(measureDomains);

await program.addHelpText("after", "\nExample:\n  $ npx --yes pnpm@10 run bench evaluation domains --seeds 0").parseAsync();
