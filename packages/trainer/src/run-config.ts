import { createHash } from "node:crypto";
import { join } from "node:path";
import { ConfigError, type Method, type OptimizerRecipe, type RunFacts, type ViewPolicy } from "@ssl-vit/core";
import { evenPositions, type ImageDataset } from "@ssl-vit/data";
import { hashImage } from "./hash-image.js";
import type { InitialWeights } from "./initial-weights.js";
import type { RunEngine } from "./run-engine.js";
import { CONFIG_FILE, readTextIfAny, showStart } from "./run-folder.js";
import type { TrainOptions } from "./train-options.js";

/** What identifies a run: a resume must agree on all of it. Plain JSON. */
export interface RunConfig {
  readonly method: { readonly name: string; readonly options: Method["config"] };
  readonly encoder: Readonly<Record<string, unknown>>;
  readonly views: ViewPolicy;
  readonly optimizer: OptimizerRecipe;
  /** `fingerprint`: of the images' names and labels, and of some of their pixels. */
  readonly data: { readonly location: string; readonly kind: string; readonly images: number; readonly fingerprint: string };
  readonly batchSize: number;
  /** Batches an optimizer step. */
  readonly accumulate: number;
  /** Views that the encoders take at a time; absent = all. It changes the rounding, and so the bytes. */
  readonly microBatch?: number;
  readonly seed: number;
  /** Images that are shuffled at a time; absent = all. */
  readonly shuffleBuffer?: number;
  /** Which images of the data are trained on: how many, and a sum of their positions; absent = all. */
  readonly subset?: { readonly images: number; readonly fingerprint: string };
  /** Of the moving average of the encoder's weights; absent = none is kept. */
  readonly averageMomentum?: number;
  /** What its encoders started from; absent = random weights. */
  readonly initialWeights?: InitialWeights;
}

/** What config.resolved.json says besides versions and the command line. */
export interface SavedRun {
  readonly run: RunConfig;
  readonly engine?: RunEngine;
  /** As it was asked for. */
  readonly length?: { readonly epochs?: number; readonly steps?: number };
  /** Earlier parts of the run: what computed them, and what their `about` said. */
  readonly earlier?: readonly object[];
  readonly about?: object;
}

/** Images whose pixels make the fingerprint, besides the names and labels of all. */
const LOOKED_AT = 32;

/** A sha256 of the names and labels of all images, and of the pixels of some at even distances: it tells one set from another, not every change of a pixel. */
async function fingerprintOf(data: ImageDataset): Promise<string> {
  const hash = createHash("sha256");
  for (let index = 0; index < data.length; index++) hash.update(`${data.keyOf(index)}\t${data.labelOf(index)}\n`);
  for (const index of evenPositions(data.length, LOOKED_AT)) {
    const image = await data.read(index).catch(() => undefined);
    if (image === undefined) hash.update("broken");
    else hashImage(hash, image);
  }
  return hash.digest("hex").slice(0, 16);
}

/** As it will be read back: schedules and tuples reduced to JSON. */
const asRead = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

/** What its options alone tell of a run. */
const described = ({ method, views = method.views, optimizer, data, batchSize, accumulate = 1 }: TrainOptions): RunFacts => ({
  method: { name: method.name, options: method.config },
  encoder: method.encoder.config,
  views,
  optimizer,
  data: { images: data.length },
  batchSize,
  accumulate,
});

/** What a monitor is told of a run. Of a part of the images the part is what is trained on. */
export function runFactsOf(options: TrainOptions): RunFacts {
  return asRead({ ...described(options), data: { images: options.subset?.length ?? options.data.length } });
}

/** The identity of a run as it will be read back. */
export async function runConfigOf(options: TrainOptions): Promise<RunConfig> {
  const { method, data, seed = 0, averageMomentum, shuffleBuffer, subset, initialWeights } = options;
  return asRead({
    ...described(options),
    data: { location: data.location, kind: data.kind, images: data.length, fingerprint: await fingerprintOf(data) },
    ...(method.encoder.microBatch === undefined ? {} : { microBatch: method.encoder.microBatch }),
    seed,
    ...(shuffleBuffer === undefined ? {} : { shuffleBuffer }),
    ...(subset === undefined ? {} : { subset: { images: subset.length, fingerprint: createHash("sha256").update(subset).digest("hex").slice(0, 16) } }),
    ...(averageMomentum === undefined ? {} : { averageMomentum }),
    ...(initialWeights === undefined ? {} : { initialWeights }),
  });
}

/** The path and both values of the first difference between two plain values. */
export function firstDifference(saved: unknown, given: unknown, path: string): { path: string; saved: unknown; given: unknown } | undefined {
  if (typeof saved !== "object" || typeof given !== "object" || saved === null || given === null) {
    return Object.is(saved, given) ? undefined : { path, saved, given };
  }
  for (const key of new Set([...Object.keys(saved), ...Object.keys(given)])) {
    const found = firstDifference(
      (saved as Record<string, unknown>)[key],
      (given as Record<string, unknown>)[key],
      path === "" ? key : `${path}.${key}`,
    );
    if (found !== undefined) return found;
  }
  return undefined;
}

export const show = (value: unknown): string => (value === undefined ? "nothing" : JSON.stringify(value));

/** The same images and weights may lie elsewhere; their fingerprints tell whether they are the same. */
export const withoutLocation = ({ data, initialWeights, ...config }: RunConfig): RunConfig => ({
  ...config,
  data: { ...data, location: "" },
  ...(initialWeights === undefined ? {} : { initialWeights: { ...initialWeights, location: "" } }),
});

/** Refuses to resume a run whose method, model, data or recipe changed, and names the change. */
export function assertSameRun(saved: RunConfig, given: RunConfig): void {
  const difference = firstDifference(withoutLocation(saved), withoutLocation(given), "");
  if (difference === undefined) return;
  if (difference.path === "data.fingerprint") {
    const what = { package: "trainer", what: "resume: data", expected: `the images of the run, ${saved.data.location}`, received: `as many others in ${given.data.location}` };
    throw new ConfigError({ ...what, fix: "Names, labels or pixels of images have changed; give the same images, or start a new run in another folder." });
  }
  if (difference.path.startsWith("initialWeights")) {
    const what = { package: "trainer", what: "resume: initialWeights", expected: saved.initialWeights?.location ?? "none, as in the run", received: given.initialWeights?.location ?? "none" };
    throw new ConfigError({ ...what, fix: "Weights that the run did not start from; give the same ones, or start a new run in another folder." });
  }
  throw new ConfigError({
    package: "trainer",
    what: `resume: ${difference.path}`,
    expected: `${show(difference.saved)} as in the run`,
    received: show(difference.given),
    fix: "Only the number of epochs or steps, the workers, the engine, the number of processes, and how often to save, log and evaluate may change; start a new run in another folder for anything else.",
  });
}

/**
 * What a run's folder says of it.
 *
 * @throws ConfigError for a folder that is no run, or whose config.resolved.json is damaged
 */
export async function readRunConfig(folder: string): Promise<SavedRun> {
  const path = join(folder, CONFIG_FILE);
  const text = await readTextIfAny(path);
  if (text === undefined) throw new ConfigError({ package: "trainer", what: "run", expected: "a run's folder", received: folder, fix: `It has no ${CONFIG_FILE}.` });
  try {
    const saved = JSON.parse(text) as Partial<SavedRun>;
    if (typeof saved.run === "object") return saved as SavedRun;
  } catch {
    // Told below.
  }
  throw new ConfigError({ package: "trainer", what: path, expected: "the configuration of a run", received: showStart(text) });
}
