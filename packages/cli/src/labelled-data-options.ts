import type { Command } from "commander";
import { wholeNumber, wholeNumbers } from "./argument-parsers.js";

/** Options of a command that learns from some labelled images and is judged on others. */
export interface LabelledDataOptions {
  readonly train: string;
  readonly test: string;
  readonly trainImages?: number;
  readonly testImages?: number;
}

/** Adds them to a command. */
export function addLabelledDataOptions(command: Command, drawn = "drawn by --seed"): Command {
  return command
    .requiredOption("--train <path>", "labelled images to learn from")
    .requiredOption("--test <path>", "labelled images to be judged on")
    .option("--train-images <n>", `use only so many, ${drawn}`, wholeNumber(1))
    .option("--test-images <n>", "use only so many, drawn by --seed", wholeNumber(1));
}

/** Adds the seeds of trainings whose mean and interval are wanted. */
export function addSeedsOption(command: Command): Command {
  return command.option("--seeds <list>", "train once with each, 0,1,2, and give the mean with its 95 % interval (default: --seed alone)", wholeNumbers(0));
}
