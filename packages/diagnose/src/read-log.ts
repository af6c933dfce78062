import type { LoggedSignals, RunFailure } from "@ssl-vit/core";
import { recordOf } from "./read-facts.js";

const finiteOf = (value: unknown): Record<string, number> =>
  Object.fromEntries(Object.entries(recordOf(value)).filter((entry): entry is [string, number] => Number.isFinite(entry[1])));

function failureOf(value: unknown): RunFailure | undefined {
  const { message, what, origin } = recordOf(value);
  if (typeof message !== "string") return undefined;
  return { message, ...(typeof what === "string" ? { what } : {}), ...(typeof origin === "string" ? { origin } : {}) };
}

/** A line as far as it is one; undefined for JSON that is none. Numbers that are not finite, which JSON has as null, are left out. */
function lineOf(value: unknown): LoggedSignals | undefined {
  const record = recordOf(value);
  if (typeof record["step"] !== "number") return undefined;
  const { step, totalSteps, epoch, loss, learningRate, gradientNorm, dataWaitShare } = finiteOf(record);
  const numbers = Object.fromEntries(Object.entries({ totalSteps, epoch, loss, learningRate, gradientNorm, dataWaitShare }).filter(([, number]) => number !== undefined));
  const parts = Object.fromEntries((["metrics", "signals", "evaluation"] as const).flatMap((part) => (record[part] === undefined ? [] : [[part, finiteOf(record[part])]])));
  const failure = failureOf(record["failure"]);
  return { step: step!, ...numbers, ...parts, ...(failure === undefined ? {} : { failure }) };
}

/** The lines of a metrics.jsonl. */
export interface ReadLog {
  readonly logged: readonly LoggedSignals[];
  /** What is wrong with it, in sentences. */
  readonly missing: readonly string[];
}

/** Reads metrics.jsonl as far as it is readable: a run may have been killed in the middle of a line, or be writing one just now. */
export function readLog(text: string): ReadLog {
  const lines = text.split("\n");
  const unended = lines.pop() ?? "";
  const parse = (line: string): LoggedSignals | undefined => {
    try {
      return lineOf(JSON.parse(line));
    } catch {
      return undefined;
    }
  };
  const whole = lines.filter((line) => line.trim() !== "").map(parse);
  const last = unended.trim() === "" ? undefined : parse(unended);
  const damaged = whole.filter((line) => line === undefined).length;
  const isCut = unended.trim() !== "" && last === undefined;
  const logged = [...whole, last].filter((line) => line !== undefined);
  return {
    logged,
    missing: [
      ...(damaged === 0 ? [] : [`${damaged === 1 ? "One line" : `${damaged} lines`} of metrics.jsonl ${damaged === 1 ? "is" : "are"} damaged and left out.`]),
      ...(isCut ? ["The last line of metrics.jsonl is cut short and left out: the run was killed, or is writing it just now."] : []),
      ...(logged.length === 0 ? ["metrics.jsonl has no line that can be read: the run had not logged a step yet."] : []),
      ...(logged.length > 0 && logged.every(({ signals }) => signals === undefined)
        ? ["No line of metrics.jsonl has signals: the run is of an older version, or was trained without a monitor. What can be said comes from the loss, the rates, the evaluations and how it ended."]
        : []),
    ],
  };
}

/** How a run ended, as its train.log tells. */
export interface RunEnd {
  readonly state: "finished" | "ended early" | "unknown";
  /** Its last error, if that is how it ended. */
  readonly failure: RunFailure | undefined;
  /** Step that the error names. */
  readonly step: number | undefined;
}

/** What was not finite, from the trainer's own message of it. */
const lostPattern = /\] (.+?) at step (\d+): expected a finite number, received \S+?(?:; the first tensor that is not finite is (.+?))?\.(?: |$)/;

/** The last word of train.log: a resume takes back what was said before it. */
export function readEnd(text: string): RunEnd {
  let end: RunEnd = { state: "unknown", failure: undefined, step: undefined };
  for (const line of text.split("\n")) {
    // The time stands first.
    const message = line.replace(/^\S+Z /, "");
    if (/^(resumed from |the run was stopped before its first save)/.test(message)) end = { state: "unknown", failure: undefined, step: undefined };
    else if (/^finished \d+ steps/.test(message)) end = { state: "finished", failure: undefined, step: undefined };
    else if (/stopped after step \d+/.test(message)) end = { state: "ended early", failure: undefined, step: undefined };
    else if (message.startsWith("ended: ")) {
      const said = message.slice("ended: ".length);
      const [, what, , origin] = lostPattern.exec(said) ?? [];
      const step = /at step (\d+)/.exec(said)?.[1];
      end = {
        state: "ended early",
        failure: { message: said, ...(what === undefined ? {} : { what }), ...(origin === undefined ? {} : { origin }) },
        step: step === undefined ? undefined : Number(step),
      };
    }
  }
  return end;
}
