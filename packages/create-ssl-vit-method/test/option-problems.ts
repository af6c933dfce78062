import { rateAt, type ScheduleFunction } from "@ssl-vit/core";

/** A number as a README writes it: `65,536`, `0.004`, `96/224`. */
function numberIn(text: string): number {
  const [numerator, denominator = "1"] = text.replaceAll(",", "").split("/");
  return Number(numerator) / Number(denominator);
}

const isNear = (text: string | undefined, value: number): boolean => text !== undefined && text.trim() !== "" && Math.abs(numberIn(text) - value) < 1e-9;

/** A schedule as a README writes it: where it begins and where it ends, `cosine 0.996 → 1`. */
function tellsSchedule(text: string, schedule: ScheduleFunction): boolean {
  const [begin, end] = [0, 1].map((share) => rateAt(schedule, { step: 1000 * share, totalSteps: 1000, epoch: 100 * share, totalEpochs: 100 }));
  const numbers = [...text.matchAll(/\d[\d./]*/g)].map(([number]) => number);
  return isNear(numbers[0], begin!) && (text.includes("→") ? isNear(numbers[1], end!) : begin === end);
}

/** Whether a table's text tells a default. */
function tells(text: string, value: unknown): boolean {
  if (typeof value === "number") return isNear(text, value);
  if (typeof value === "function") return tellsSchedule(text, value as ScheduleFunction);
  return text.replaceAll("`", "").replaceAll(" ", "") === JSON.stringify(value);
}

/** Cut at the commas that separate: not those of a list in brackets, nor those of thousands. */
const cells = (text: string): string[] => text.split(/, (?![^[]*\])/).map((cell) => cell.trim());

/** What the table of options in a README leaves out or tells wrongly. A row may name several options, with a default each or one for all. */
export function optionProblems(readme: string, defaults: Readonly<Record<string, unknown>>): string[] {
  const table = /^\| option \| default \| meaning \|\n\|[-|]+\|\n((?:\|.*\n)+)/m.exec(readme)?.[1];
  if (table === undefined) return ["README.md: no table of options (| option | default | meaning |)"];
  const told = new Map<string, string>();
  for (const row of table.trimEnd().split("\n")) {
    const [, names = "", values = ""] = row.split(/(?<!\\)\|/);
    const options = [...names.matchAll(/`(\w+)`/g)].map(([, option]) => option!);
    const each = cells(values.trim());
    for (const [index, option] of options.entries()) told.set(option, each.length === options.length ? each[index]! : values.trim());
  }
  return [
    ...Object.keys(defaults).filter((option) => !told.has(option)).map((option) => `README.md: the option ${option} is missing`),
    ...[...told].filter(([option]) => !(option in defaults)).map(([option]) => `README.md: there is no option ${option}`),
    ...[...told]
      .filter(([option, text]) => option in defaults && !tells(text, defaults[option]))
      .map(([option, text]) => `README.md: the default of ${option} is ${typeof defaults[option] === "function" ? "a schedule" : JSON.stringify(defaults[option])}, not ${text}`),
  ];
}
