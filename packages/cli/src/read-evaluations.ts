import { readdir, readFile, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { ConfigError } from "@ssl-vit/core";
import type { RecordedScore } from "@ssl-vit/eval";
import { readRunConfig } from "@ssl-vit/trainer";
import { withoutFields } from "./without-fields.js";

/** A recorded score, and where it stands. */
export interface FoundScore extends RecordedScore {
  /** The file, and the place in it where it holds several. */
  readonly place: string;
  /** As `--checkpoint` was given. */
  readonly checkpoint: string;
}

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields => typeof value === "object" && value !== null && !Array.isArray(value);

/** Every object with a protocol and numbers, wherever it stands in a result. */
function* scoresIn(value: unknown, place: string): Generator<{ readonly scores: Readonly<Record<string, number>>; readonly protocol: Fields; readonly place: string }> {
  if (Array.isArray(value)) {
    for (const [index, inner] of value.entries()) yield* scoresIn(inner, `${place}[${index}]`);
    return;
  }
  if (!isFields(value)) return;
  const { protocol } = value;
  if (isFields(protocol)) {
    const scores = Object.fromEntries(Object.entries(value).filter((entry): entry is [string, number] => typeof entry[1] === "number"));
    if (Object.keys(scores).length > 0) yield { scores, protocol, place };
  }
  for (const [name, inner] of Object.entries(value)) if (name !== "protocol") yield* scoresIn(inner, `${place} ${name}`);
}

const unreadable = (path: string, received: string, cause?: unknown): ConfigError =>
  new ConfigError({ package: "cli", what: path, expected: "a result of ssl-vit eval (RUN/eval/NAME.json), or a run that has some", received }, { cause });

async function filesOf(path: string): Promise<{ readonly run: string | undefined; readonly files: readonly string[] }> {
  const kind = await stat(path).catch((error: unknown) => {
    throw unreadable(path, "nothing there", error);
  });
  if (!kind.isDirectory()) return { run: undefined, files: [path] };
  const names = await readdir(join(path, "eval")).catch(() => []);
  const files = names.filter((name) => name.endsWith(".json")).sort().map((name) => join(path, "eval", name));
  if (files.length === 0) throw unreadable(path, "a folder without eval/*.json");
  return { run: path, files };
}

/** What identifies a run but its seed: equal for the seeds of one recipe. */
async function recipeOf(run: string): Promise<string | undefined> {
  try {
    const { run: config } = await readRunConfig(run);
    const { method, encoder } = config;
    return JSON.stringify({ ...withoutFields(config, "seed"), encoder: withoutFields(encoder, "seed"), method: { ...method, options: withoutFields(method.options, "seed") } });
  } catch {
    return undefined;
  }
}

/** The scores of result files, or of the runs that have them beside. */
export async function readEvaluations(paths: readonly string[]): Promise<FoundScore[]> {
  const found: FoundScore[] = [];
  for (const path of paths) {
    const { run, files } = await filesOf(path);
    const recipe = run === undefined ? undefined : await recipeOf(run);
    for (const file of files) {
      let content: unknown;
      try {
        content = JSON.parse(await readFile(file, "utf8"));
      } catch (error) {
        throw unreadable(file, (error as Error).message, error);
      }
      const { checkpoint = basename(path) } = (isFields(content) ? content : {}) as { readonly checkpoint?: string };
      // Baselines of several seeds are one subject; runs are, when they differ by the seed alone; a file by itself stands for its checkpoint.
      const isBaseline = checkpoint === "random" || checkpoint === "pixels";
      const subject = isBaseline ? checkpoint : (recipe ?? checkpoint);
      for (const { place, ...score } of scoresIn(content, "")) found.push({ ...score, subject, checkpoint, place: `${file}${place}` });
    }
  }
  return found;
}
