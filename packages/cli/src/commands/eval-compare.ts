import { comparableGroups, type MeanInterval, protocolDifferences } from "@ssl-vit/eval";
import { Command } from "commander";
import { print, printJson } from "../console-output.js";
import { markdownTable } from "../markdown-table.js";
import { readEvaluations } from "../read-evaluations.js";
import { scoresBySubject } from "../scores-by-subject.js";

const number = (value: number): string => (Math.abs(value) < 1000 ? value.toPrecision(4) : value.toFixed(0));

const cell = (interval: MeanInterval | undefined): string => {
  if (interval === undefined) return "";
  const { mean, low, high } = interval;
  return low === undefined || high === undefined ? number(mean) : `${number(mean)} [${number(low)}, ${number(high)}]`;
};

async function compare(paths: readonly string[], { json }: { readonly json?: boolean }): Promise<void> {
  const groups = comparableGroups(await readEvaluations(paths)).map(({ protocol, scores }) => ({ protocol, rows: scoresBySubject(scores) }));
  if (json === true) {
    printJson({ groups });
    return;
  }
  const kindOf = (protocol: Readonly<Record<string, unknown>>): string => (typeof protocol["kind"] === "string" ? protocol["kind"] : "result");
  groups.forEach(({ protocol, rows }, index) => {
    const names = [...new Set(rows.flatMap(({ scores }) => Object.keys(scores)))];
    if (index > 0) print("");
    print(`### ${index + 1}. ${kindOf(protocol)}\n`);
    print(markdownTable(["judged", "n", ...names], rows.map(({ name, scores }) => [name, Math.max(...Object.values(scores).map(({ count }) => count)), ...names.map((score) => cell(scores[score]))])));
    print(`\nprotocol ${JSON.stringify(protocol)}`);
    for (const { name, overlap = 0 } of rows) if (overlap > 0) print(`${name}: ${overlap} test images were in the training set`);
    const sibling = groups.slice(0, index).findIndex((earlier) => kindOf(earlier.protocol) === kindOf(protocol));
    if (sibling >= 0) print(`not to be compared with ${sibling + 1}, which differs in: ${protocolDifferences(groups[sibling]!.protocol, protocol).join(", ")}`);
  });
}

/** `ssl-vit eval compare` */
export function evalCompareCommand(): Command {
  return new Command("compare")
    .description("Put results side by side, those alone whose protocols agree. Runs of one recipe that differ by their seed become a mean with a 95 % interval (n runs).")
    .argument("<path...>", "runs (all of RUN/eval/*.json), or files of results")
    .option("--json", "one JSON object on standard output")
    .addHelpText("after", "\nExample:\n  $ ssl-vit eval compare runs/mae-0 runs/mae-1 runs/mae-2 runs/dino-0")
    .action(compare);
}
