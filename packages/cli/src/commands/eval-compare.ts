import { comparableGroups, type MeanInterval, meanInterval, protocolDifferences } from "@ssl-vit/eval";
import { Command } from "commander";
import { print, printJson } from "../console-output.js";
import { markdownTable } from "../markdown-table.js";
import { type FoundScore, readEvaluations } from "../read-evaluations.js";

/** Scores of one subject: several are its seeds. */
interface Row {
  readonly checkpoints: readonly string[];
  readonly scores: Readonly<Record<string, MeanInterval>>;
}

function rowsOf(scores: readonly FoundScore[]): Row[] {
  const subjects = [...new Set(scores.map(({ subject }) => subject))];
  return subjects.map((subject) => {
    const own = scores.filter((score) => score.subject === subject);
    const names = [...new Set(own.flatMap(({ scores: values }) => Object.keys(values)))];
    return {
      checkpoints: [...new Set(own.map(({ checkpoint }) => checkpoint))],
      scores: Object.fromEntries(names.map((name) => [name, meanInterval(own.flatMap(({ scores: values }) => (values[name] === undefined ? [] : [values[name]])))])),
    };
  });
}

const number = (value: number): string => (Math.abs(value) < 1000 ? value.toPrecision(4) : value.toFixed(0));

const cell = (interval: MeanInterval | undefined): string => {
  if (interval === undefined) return "";
  const { mean, low, high } = interval;
  return low === undefined || high === undefined ? number(mean) : `${number(mean)} [${number(low)}, ${number(high)}]`;
};

async function compare(paths: readonly string[], { json }: { readonly json?: boolean }): Promise<void> {
  const groups = comparableGroups(await readEvaluations(paths)).map(({ protocol, scores }) => ({ protocol, rows: rowsOf(scores as readonly FoundScore[]) }));
  if (json === true) {
    printJson({ groups });
    return;
  }
  groups.forEach(({ protocol, rows }, index) => {
    const kind = typeof protocol["kind"] === "string" ? protocol["kind"] : "result";
    const names = [...new Set(rows.flatMap(({ scores }) => Object.keys(scores)))];
    if (index > 0) print("");
    print(`### ${index + 1}. ${kind}\n`);
    print(markdownTable(["checkpoint", "n", ...names], rows.map(({ checkpoints, scores }) => [checkpoints.join(", "), Math.max(...Object.values(scores).map(({ count }) => count)), ...names.map((name) => cell(scores[name]))])));
    print(`\nprotocol ${JSON.stringify(protocol)}`);
    const sibling = groups.slice(0, index).findIndex((earlier) => earlier.protocol["kind"] === protocol["kind"]);
    if (sibling >= 0) print(`not to be compared with ${sibling + 1}, which differs in: ${protocolDifferences(groups[sibling]!.protocol, protocol).join(", ")}`);
  });
}

/** `ssl-vit eval compare` */
export function evalCompareCommand(): Command {
  return new Command("compare")
    .description("Put results side by side, those alone whose protocols agree; runs that differ by their seed become a mean and a 95 % interval.")
    .argument("<path...>", "runs (all of RUN/eval/*.json), or files of results")
    .option("--json", "one JSON object on standard output")
    .addHelpText("after", "\nExample:\n  $ ssl-vit eval compare runs/mae-0 runs/mae-1 runs/mae-2 runs/dino-0")
    .action(compare);
}
