import { existsSync } from "node:fs";
import { join } from "node:path";
import type { MeasuredResult, ModelCardFacts } from "@ssl-vit/weights";
import { warn } from "./console-output.js";
import { dataName } from "./data-name.js";
import { describeViews } from "./describe-views.js";
import { exportedFilesAre } from "./exported-files.js";
import type { Judged } from "./judged.js";
import { type LoadedCheckpoint, runFolderOf } from "./load-checkpoint.js";
import { loadMethod } from "./load-method.js";
import type { LoadedRun } from "./load-run.js";
import { percent } from "./percent.js";
import { protocolHeading } from "./protocol-heading.js";
import { type FoundScore, readEvaluations } from "./read-evaluations.js";
import { isShare } from "./scores-by-subject.js";

/** What the command line adds to a model card. */
interface CardOptions {
  readonly checkpoint: string;
  readonly weights: "last" | "average";
  readonly name?: string;
  readonly license?: string;
}

/**
 * What is known of a model, for its card: of a run its method, data, recipe and the results that lie in RUN/eval; of other weights where they come from.
 *
 * @param files names of what tells of the training beside it
 */
export async function exportCard({ run, judged, description }: LoadedCheckpoint, { checkpoint, weights, name, license }: CardOptions, files: readonly string[]): Promise<ModelCardFacts> {
  const given = { ...(name === undefined ? {} : { name }), ...(license === undefined ? {} : { license }) };
  if (run === undefined) return { name: description, ...given, limits: [`Converted from ${description}, which was not trained by ssl-vit: its authors' terms and limits hold.`] };
  const { method, data, seed, initialWeights } = run.config;
  const paper = await loadMethod(method.name).then((factory) => factory.paper, () => undefined);
  const folder = (await runFolderOf(checkpoint))!;
  return {
    ...given,
    method: method.name,
    ...(paper === undefined ? {} : { paper }),
    data: `${data.images} images of ${dataName(data.location)}, without labels${initialWeights === undefined ? "" : `, beginning with the weights of ${dataName(initialWeights.location)}`}`,
    recipe: { ...(weights === "average" ? { weights: "moving average" } : {}), ...recipeOf(run) },
    recipeNote: `${files.map((file) => `\`${file}\` has ${exportedFilesAre[file]!}`).join("; ")}.`,
    results: await resultsOf(folder, judged, seed),
    ...(initialWeights === undefined ? {} : { limits: [`Began with the weights of ${dataName(initialWeights.location)}, whose data, terms and limits hold too. On other images than these, and for decisions about people, it was not tried.`] }),
  };
}

/** A run's options by name. */
function recipeOf({ config, length = {}, checkpoint }: LoadedRun): Readonly<Record<string, string | number | boolean>> {
  const { optimizer, method, batchSize, accumulate, seed, views } = config;
  const plain = (prefix: string, options: object): [string, string | number | boolean][] =>
    Object.entries(options).map(([name, value]) => [`${prefix}${name}`, typeof value === "object" ? JSON.stringify(value) : (value as string | number | boolean)]);
  return Object.fromEntries([
    // What was asked for; how far it got stands in the checkpoint's name.
    ...Object.entries(length).map(([name, value]): [string, number] => [`${name} asked for`, value]),
    ...plain("", { checkpoint, batchSize, ...(accumulate === 1 ? {} : { accumulate }), views: describeViews(views), seed }),
    ...plain("optimizer.", optimizer),
    ...plain("method.", method.options).filter(([name]) => name !== "method.seed"),
  ]);
}

/** Results of this very checkpoint. */
async function resultsOf(folder: string, judged: Judged, seed: number): Promise<readonly MeasuredResult[]> {
  const scores = await readEvaluations([folder]).catch((error: unknown) => {
    if (existsSync(join(folder, "eval"))) warn(`the model card has no results: ${(error as Error).message}`);
    return [];
  });
  return scores.filter((score) => JSON.stringify(score.judged) === JSON.stringify(judged)).flatMap((score) => measured(score, seed));
}

/** Names of metrics as people say them. */
const metricNames: Readonly<Record<string, string>> = { top1: "top-1 accuracy", top5: "top-5 accuracy" };

function measured({ scores, protocol, overlap = 0 }: FoundScore, seed: number): MeasuredResult[] {
  const { test, data } = protocol;
  const on = [test, data].find((location): location is string => typeof location === "string");
  return Object.entries(scores).map(([name, value]) => ({
    data: `${on === undefined ? "its training images" : dataName(on)}${overlap === 0 ? "" : `, ${overlap} of them in the training set as well`}`,
    protocol: protocolHeading(protocol),
    metric: metricNames[name] ?? name,
    value: isShare(name) ? `${percent(value)} %` : value.toPrecision(4),
    seeds: [seed],
  }));
}
