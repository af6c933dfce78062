import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { ConfigError, type Encoder, type ViewPolicy } from "@ssl-vit/core";
import { locateCheckpoint } from "@ssl-vit/trainer";
import { loadEncoder, readPreprocessing } from "@ssl-vit/weights";
import { channelStatistics } from "./channel-statistics.js";
import { warn } from "./console-output.js";
import { encoderFingerprint } from "./encoder-fingerprint.js";
import { type Judged, judgedRun } from "./judged.js";
import { type LoadedRun, loadRun } from "./load-run.js";

/** An encoder that `--checkpoint` names, and how it wants its images. */
export interface LoadedCheckpoint {
  readonly encoder: Encoder;
  readonly normalize: ViewPolicy["normalize"];
  /** Pixels of the images, [Y, X]. */
  readonly imageSize: readonly [number, number];
  /** Share of the shorter side that the middle square keeps, where the folder says. */
  readonly cropRatio?: number;
  /** Whether images are cut or stretched to the size, as the folder says. Default: cut. */
  readonly fit?: "crop" | "stretch";
  /** As the folder says. Default bicubic. */
  readonly interpolation?: "bicubic" | "bilinear";
  /** What a person calls it: `dino, step-00000120`. */
  readonly description: string;
  readonly judged: Judged;
  /** Undefined for weights that are no run's. */
  readonly run: LoadedRun | undefined;
}

/** The folder of the run that a path belongs to; undefined for weights of another kind. */
export async function runFolderOf(path: string): Promise<string | undefined> {
  const { folder } = await locateCheckpoint(path);
  return existsSync(join(folder, "config.resolved.json")) ? folder : undefined;
}

/**
 * Loads an encoder: a run of this project (its newest checkpoint, or the one named), an export, a folder of transformers or timm, or a file of weights as authors publish
 * them.
 *
 * @throws ConfigError for what is none of these, and `average` of weights that are no run's
 */
export async function loadCheckpoint(path: string, weights: "last" | "average" = "last"): Promise<LoadedCheckpoint> {
  return (await runFolderOf(path)) === undefined ? loadWeights(path, weights) : loadRunCheckpoint(path, weights);
}

/** Makes a refusal of a checkpoint one of the option that named it: `loadCheckpoint(like).catch(aboutOption("--like"))`. */
export const aboutOption = (flag: string) => (error: unknown): never => {
  throw ConfigError.isInstance(error) ? new ConfigError(error.message.replace("--checkpoint", flag), { cause: error }) : error;
};

/** Runs that lie in a folder. */
async function runsIn(path: string): Promise<string[]> {
  const entries = await readdir(path, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isDirectory() && existsSync(join(path, entry.name, "config.resolved.json"))).map(({ name }) => join(path, name));
}

async function loadRunCheckpoint(path: string, weights: "last" | "average"): Promise<LoadedCheckpoint> {
  const run = await loadRun(path, weights);
  return {
    encoder: run.encoder,
    normalize: run.config.views.normalize,
    imageSize: run.encoder.layout.imageSize,
    description: `${run.config.method.name}, ${run.checkpoint}${weights === "average" ? ", average" : ""}`,
    judged: judgedRun(run, weights),
    run,
  };
}

async function loadWeights(path: string, weights: "last" | "average"): Promise<LoadedCheckpoint> {
  const refuse = (what: string, expected: string, fix?: string): never => {
    throw new ConfigError({ package: "cli", what, expected, received: path, ...(fix === undefined ? {} : { fix }) });
  };
  const runs = await runsIn(path);
  if (runs.length > 0) refuse("--checkpoint", `one run: ${runs.slice(0, 6).join(", ")}${runs.length > 6 ? ", …" : ""}`, "It is a folder of runs.");
  if (!existsSync(path)) refuse("--checkpoint", "a run's folder or one of its checkpoints, or a folder or file of weights", "There is nothing of that name.");
  if (weights === "average") refuse("--weights", "average with a run that keeps one", "Leave --weights out.");
  const encoder = await loadEncoder(path);
  const { layout } = encoder;
  const preprocessing = await readPreprocessing(path);
  if (preprocessing === undefined) warn(`${path} does not say how its images are normalised: ImageNet's statistics are taken`);
  const { interpolation = "bicubic" } = preprocessing ?? {};
  if (interpolation !== "bicubic" && interpolation !== "bilinear") warn(`${path} wants images resized by "${interpolation}"; they are resized bicubic`);
  return {
    encoder,
    normalize: preprocessing === undefined ? channelStatistics(layout.channels) : { mean: preprocessing.mean, std: preprocessing.std },
    // Published models may be used at another size than that of their positions: DINOv2's, of 518 pixels, at 224.
    imageSize: preprocessing?.imageSize.every((side) => side % layout.patchSize === 0) === true ? preprocessing.imageSize : layout.imageSize,
    ...(preprocessing === undefined ? {} : { fit: preprocessing.fit, cropRatio: preprocessing.cropRatio, interpolation: interpolation === "bilinear" ? interpolation : "bicubic" }),
    description: basename(resolve(path)),
    judged: { kind: "weights", encoder: encoder.config, fingerprint: encoderFingerprint(encoder) },
    run: undefined,
  };
}

/**
 * The side of the square images that evaluation cuts.
 *
 * @throws ConfigError for a model of other images
 */
export function squareSideOf({ imageSize: [height, width] }: Pick<LoadedCheckpoint, "imageSize">): number {
  if (height === width) return height;
  throw new ConfigError({ package: "cli", what: "--checkpoint", expected: "a model of square images, which are what is cut here", received: `one of ${height} × ${width} pixels`, fix: "ssl-vit export takes it." });
}
