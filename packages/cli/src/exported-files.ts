import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { RunConfig } from "@ssl-vit/trainer";
import { dataName } from "./data-name.js";
import { type LoadedCheckpoint, runFolderOf } from "./load-checkpoint.js";

/** What an exported folder tells of its training, beside the model: the run's configuration and its log. Nothing of weights that are no run's. */
export async function exportedFiles({ run }: Pick<LoadedCheckpoint, "run">, { checkpoint, weights }: { readonly checkpoint: string; readonly weights: "last" | "average" }): Promise<Readonly<Record<string, string>>> {
  if (run === undefined) return {};
  const metrics = await readFile(join((await runFolderOf(checkpoint))!, "metrics.jsonl"), "utf8").catch(() => undefined);
  return {
    "training_args.json": `${JSON.stringify({ ...withoutPaths(run.config), length: run.length, checkpoint: run.checkpoint, weights }, null, 2)}\n`,
    ...(metrics === undefined ? {} : { "metrics.jsonl": metrics }),
  };
}

/** What each of these files is, for whoever finds them in the folder. */
export const exportedFilesAre: Readonly<Record<string, string>> = { "training_args.json": "the run's whole configuration", "metrics.jsonl": "its log, of loss, rates and evaluations by step" };

/** The folder is for others, whom the paths of this machine do not concern. */
const withoutPaths = ({ data, initialWeights, ...config }: RunConfig): object => ({
  ...config,
  data: { ...data, location: dataName(data.location) },
  ...(initialWeights === undefined ? {} : { initialWeights: { ...initialWeights, location: dataName(initialWeights.location) } }),
});
