import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { ConfigError } from "@ssl-vit/core";
import { withoutFields } from "./without-fields.js";

type Fields = Readonly<Record<string, unknown>>;

/** Numbers with the protocol that gave them, and what was judged. */
export interface FoundScore {
  /** Names and values: `{ top1: 0.61, top5: 0.95 }`. */
  readonly scores: Readonly<Record<string, number>>;
  readonly protocol: Fields;
  /** What was judged (`Judged`); of a file that does not say, the checkpoint as it was named. */
  readonly judged: Fields;
  /** Of `top1`, where the result has one: chance of the test images, or of draws. */
  readonly top1Interval?: readonly [low: number, high: number];
  /** As `--checkpoint` was given. */
  readonly checkpoint: string;
  /** Test images that are in the training set, where they were counted. */
  readonly overlap?: number;
}

/** Numbers of a result that are no scores. */
const noScores = ["overlap", "weightDecay", "queriesWithoutMatch", "seed"];

const isFields = (value: unknown): value is Fields => typeof value === "object" && value !== null && !Array.isArray(value);

/** What the objects around one say of it, unless it says it itself. */
type Around = Pick<FoundScore, "judged" | "checkpoint" | "overlap">;

/** Every object with a protocol and numbers, wherever it stands in a result. */
function* scoresIn(value: unknown, around: Around): Generator<FoundScore> {
  if (Array.isArray(value)) {
    for (const inner of value) yield* scoresIn(inner, around);
    return;
  }
  if (!isFields(value)) return;
  const { protocol, judged, overlap } = value;
  const own = { ...around, ...(isFields(judged) ? { judged } : {}), ...(typeof overlap === "number" ? { overlap } : {}) };
  if (isFields(protocol)) {
    const numbers = Object.entries(value).filter((entry): entry is [string, number] => typeof entry[1] === "number" && !noScores.includes(entry[0]));
    const { top1Interval } = value as { readonly top1Interval?: readonly [number, number] };
    if (numbers.length > 0) yield { ...own, ...(top1Interval === undefined ? {} : { top1Interval }), scores: Object.fromEntries(numbers), protocol };
  }
  for (const inner of Object.values(withoutFields(value, "protocol", "judged"))) yield* scoresIn(inner, own);
}

const unreadable = (path: string, received: string, cause?: unknown): ConfigError =>
  new ConfigError({ package: "cli", what: path, expected: "a result of ssl-vit eval (RUN/eval/NAME.json), or a run that has some", received }, { cause });

async function filesOf(path: string): Promise<readonly string[]> {
  const kind = await stat(path).catch((error: unknown) => {
    throw unreadable(path, "nothing there", error);
  });
  if (!kind.isDirectory()) return [path];
  const names = await readdir(join(path, "eval")).catch(() => []);
  const files = names.filter((name) => name.endsWith(".json")).sort().map((name) => join(path, "eval", name));
  if (files.length === 0) throw unreadable(path, "a folder without eval/*.json");
  return files;
}

/**
 * The scores of result files, or of the runs that have them beside. The same number of the same thing counts once, however often it is given.
 *
 * @throws ConfigError for what is no result
 */
export async function readEvaluations(paths: readonly string[]): Promise<FoundScore[]> {
  const found = new Map<string, FoundScore>();
  for (const file of (await Promise.all(paths.map(filesOf))).flat()) {
    let content: unknown;
    try {
      content = JSON.parse(await readFile(file, "utf8"));
    } catch (error) {
      throw unreadable(file, (error as Error).message, error);
    }
    if (!isFields(content)) throw unreadable(file, "another file");
    const checkpoint = typeof content["checkpoint"] === "string" ? content["checkpoint"] : file;
    for (const score of scoresIn(content, { checkpoint, judged: { checkpoint } })) {
      found.set(JSON.stringify([score.judged, score.protocol, score.scores]), score);
    }
  }
  return [...found.values()];
}
