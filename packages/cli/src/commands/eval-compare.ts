import { comparableGroups, type MeanInterval, protocolDifferences, protocolKey } from "@ssl-vit/eval";
import { Command } from "commander";
import { print, printJson } from "../console-output.js";
import { markdownTable } from "../markdown-table.js";
import { percent } from "../percent.js";
import { protocolHeading } from "../protocol-heading.js";
import { type FoundScore, readEvaluations } from "../read-evaluations.js";
import { isShare, scoresBySubject } from "../scores-by-subject.js";
import { withoutFields } from "../without-fields.js";

type Fields = Readonly<Record<string, unknown>>;

const number = (value: number, score: string): string => (isShare(score) ? percent(value) : value.toPrecision(4));

const cell = (interval: MeanInterval | undefined, score: string): string => {
  if (interval === undefined) return "";
  const { mean, low, high } = interval;
  return low === undefined || high === undefined ? number(mean, score) : `${number(mean, score)} [${number(low, score)}, ${number(high, score)}]`;
};

/** Raw pixels have no layer: they stand beside every layer that was judged by the same protocol otherwise. */
function besideEveryLayer(scores: readonly FoundScore[]): FoundScore[] {
  const withoutLayer = (protocol: Fields): string => protocolKey(withoutFields(protocol, "layer", "block"));
  const [pixels, others] = [scores.filter(({ protocol }) => protocol["layer"] === "pixels"), scores.filter(({ protocol }) => protocol["layer"] !== "pixels")];
  const placed = pixels.flatMap((score) => {
    const layers = new Map(others.filter(({ protocol }) => withoutLayer(protocol) === withoutLayer(score.protocol)).map(({ protocol }) => [protocolKey(protocol), protocol]));
    return layers.size === 0 ? [score] : [...layers.values()].map((protocol) => ({ ...score, protocol }));
  });
  return [...others, ...placed];
}

async function compare(paths: readonly string[], { json }: { readonly json?: boolean }): Promise<void> {
  const groups = comparableGroups(besideEveryLayer(await readEvaluations(paths))).map(({ protocol, scores }) => ({ protocol, rows: scoresBySubject(scores) }));
  if (json === true) {
    printJson({ groups });
    return;
  }
  groups.forEach(({ protocol, rows }, index) => {
    const names = [...new Set(rows.flatMap(({ scores }) => Object.keys(scores)))];
    if (index > 0) print("");
    print(`### ${index + 1}. ${protocolHeading(protocol)}\n`);
    const titles = names.map((name) => (isShare(name) ? `${name} %` : name));
    print(markdownTable(["judged", "n", ...titles], rows.map(({ name, scores }) => [name, Math.max(...Object.values(scores).map(({ count }) => count)), ...names.map((score) => cell(scores[score], score))])));
    for (const { name, overlap = 0 } of rows) if (overlap > 0) print(`${name}: ${overlap} test images were in the training set`);
    const sibling = groups.slice(0, index).findIndex((earlier) => earlier.protocol["kind"] === protocol["kind"]);
    if (sibling >= 0) print(`not to be compared with ${sibling + 1}, which differs in: ${protocolDifferences(groups[sibling]!.protocol, protocol).join(", ")}`);
  });
  print("\nIntervals: 95 %; of several runs (n) over their seeds, of one as its result has it. --json has the whole protocols.");
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
