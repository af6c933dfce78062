import { readFile } from "node:fs/promises";
import { type LocalViewOptions, withLocalViews } from "@ssl-vit/augment";
import { ConfigError, type EncoderLayout, type MethodFactory, nearest, type OptimizerRecipe, type Preset, systemReason, type ViewPolicy } from "@ssl-vit/core";
import { checkRecipe } from "@ssl-vit/optim";
import { parse } from "yaml";
import { parseAssignments, sectionNames, type Sections } from "./assignments.js";
import { checkOptions, schemaFromDefaults, viewsSchema } from "./check-options.js";
import { assertSameModel, type OpenedWeights } from "./initial-weights.js";

/** What the command line of `pretrain` gives; absent = not said. */
export interface PretrainFlags {
  readonly preset?: string | undefined;
  readonly model?: string | undefined;
  readonly patchSize?: number | undefined;
  readonly imageSize?: number | undefined;
  readonly epochs?: number | undefined;
  readonly steps?: number | undefined;
  readonly batchSize?: number | undefined;
  readonly accumulate?: number | undefined;
  readonly microBatch?: number | undefined;
  readonly learningRate?: number | undefined;
  readonly seed?: number | undefined;
  readonly set?: readonly string[] | undefined;
  readonly config?: string | undefined;
}

/** Everything that `pretrain` needs besides the data and the folder. */
export interface Settings {
  readonly presetName: string;
  readonly preset: Preset<Record<string, unknown>>;
  readonly model: Readonly<Record<string, unknown>>;
  readonly method: Readonly<Record<string, unknown>>;
  readonly optimizer: OptimizerRecipe;
  readonly views: ReturnType<typeof checkViews>;
  readonly batchSize: number;
  /** Batches an optimizer step. */
  readonly accumulate: number;
  /** Views through the encoders at a time; undefined = all. */
  readonly microBatch: number | undefined;
  readonly length: { readonly epochs: number } | { readonly steps: number };
  readonly seed: number;
}

const flagNames = ["preset", "model", "patchSize", "imageSize", "epochs", "steps", "batchSize", "accumulate", "microBatch", "learningRate", "seed"] as const;

const checkViews = (values: unknown) => checkOptions("views", viewsSchema, values);

/** Reads a YAML or JSON file of flags (`batchSize: 64`) and sections (`method: { prototypes: 4096 }`). */
async function readConfigFile(path: string): Promise<{ flags: PretrainFlags; sections: Sections }> {
  let content: unknown;
  try {
    content = parse(await readFile(path, "utf8"));
  } catch (error) {
    throw new ConfigError({ package: "cli", what: "--config", expected: "a readable YAML or JSON file", received: `${path} (${systemReason(error)})` }, { cause: error });
  }
  if (typeof content !== "object" || content === null || Array.isArray(content)) {
    throw new ConfigError({ package: "cli", what: "--config", expected: "options by name", received: path });
  }
  const known: readonly string[] = [...flagNames, ...sectionNames];
  for (const name of Object.keys(content)) {
    // `model` is a flag (a size's name) or a section (options).
    if (!known.includes(name)) {
      const hint = nearest(name, known);
      throw new ConfigError(`[${path}] Unknown option "${name}". ${hint === undefined ? `Options: ${known.join(", ")}.` : `Did you mean "${hint}"?`}`);
    }
  }
  const entries = Object.entries(content as Record<string, unknown>);
  const isSection = ([name, value]: readonly [string, unknown]): boolean => sectionNames.some((section) => section === name) && typeof value === "object";
  return {
    flags: Object.fromEntries(entries.filter((entry) => !isSection(entry))),
    sections: Object.fromEntries(entries.filter(isSection)) as Sections,
  };
}

const withoutUndefined = (values: object): Record<string, unknown> => Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));

function pickPreset(factory: MethodFactory, name: string): Preset<Record<string, unknown>> {
  const preset = factory.presets[name];
  if (preset !== undefined) return preset;
  const names = Object.keys(factory.presets);
  const hint = nearest(name, names);
  throw new ConfigError({
    package: "cli",
    what: "--preset",
    expected: `one of ${names.join(", ")}`,
    received: `"${name}"`,
    ...(hint === undefined ? {} : { fix: `Did you mean "${hint}"?` }),
  });
}

/** Options of the model from flags: `--model vit-tiny --patch-size 4 --image-size 32`. */
export function modelFlags({ model, patchSize, imageSize }: Pick<PretrainFlags, "model" | "patchSize" | "imageSize">): Record<string, unknown> {
  return withoutUndefined({ size: model?.replace(/^vit[-_]/, ""), patchSize, imageSize });
}

/**
 * Joins defaults, preset, configuration file and command line, the later over the earlier.
 *
 * @param weights those that training starts from, whose model takes the place of the preset's
 * @throws ConfigError for an unknown or unusable option, naming it and the nearest one that exists
 */
export async function resolveSettings(factory: MethodFactory, given: PretrainFlags, weights?: OpenedWeights): Promise<Settings> {
  const file = given.config === undefined ? { flags: {}, sections: {} } : await readConfigFile(given.config);
  const flags: PretrainFlags = { ...file.flags, ...withoutUndefined(given) };
  const assigned = parseAssignments(given.set ?? []);
  const section = (name: (typeof sectionNames)[number]): Record<string, unknown> => ({ ...file.sections[name], ...assigned[name] });

  if (given.epochs !== undefined && given.steps !== undefined) {
    throw new ConfigError({ package: "cli", what: "length of the run", expected: "--epochs or --steps", received: "both" });
  }
  // Epochs on the command line win over steps in the file.
  const steps = given.epochs === undefined ? flags.steps : undefined;

  const presetName = flags.preset ?? "small";
  const preset = pickPreset(factory, presetName);
  const learningRate = flags.learningRate === undefined ? {} : { learningRate: flags.learningRate };
  const optimizer = { ...preset.optimizer, ...learningRate, ...section("optimizer") };
  checkRecipe(optimizer);
  const model = { ...modelFlags(flags), ...section("model") };
  if (weights !== undefined) assertSameModel(weights, model);
  const views = checkViews(section("views"));
  return {
    presetName,
    preset,
    model: { ...preset.model, imageSize: preset.imageSize, ...weights?.model, ...model },
    method: { ...preset.method, ...checkOptions(factory.methodName, schemaFromDefaults({ ...factory.defaults }), section("method")) },
    optimizer,
    // What the weights know are images that were normalised as they were trained.
    views: weights === undefined ? views : { mean: [...weights.normalize.mean], std: [...weights.normalize.std], ...withoutUndefined(views) },
    batchSize: flags.batchSize ?? preset.batchSize,
    accumulate: flags.accumulate ?? 1,
    microBatch: flags.microBatch,
    length: steps === undefined ? { epochs: flags.epochs ?? preset.epochs } : { steps },
    seed: flags.seed ?? 0,
  };
}

/**
 * The method's view policy with the changes of --set views.*.
 *
 * @throws ConfigError when an operation to leave out is not in the policy, or a size of local views is given without their number
 */
export function changeViews(own: ViewPolicy, layout: EncoderLayout, { without = [], mean, std, localViews = 0, ...sizes }: Settings["views"]): ViewPolicy {
  const given = Object.entries(sizes).filter(([, value]) => value !== undefined);
  if (localViews === 0 && given.length > 0) {
    const fix = "They are sizes of the views that it adds; a method's own are set by method.*.";
    throw new ConfigError({ package: "cli", what: "--set views.localViews", expected: `a number above 0 with ${given.map(([name]) => name).join(", ")}`, received: String(localViews), fix });
  }
  const policy = localViews === 0 ? own : withLocalViews(own, layout, { localViews, ...(Object.fromEntries(given) as Omit<LocalViewOptions, "localViews">) });
  const kinds = [...new Set(policy.groups.flatMap(({ operations }) => operations.map(({ kind }) => kind as string)))];
  for (const kind of without) {
    if (kinds.includes(kind)) continue;
    const hint = nearest(kind, kinds);
    throw new ConfigError({ package: "cli", what: "--set views.without", expected: `operations of this method's views (${kinds.join(", ")})`, received: kind, ...(hint === undefined ? {} : { fix: `Did you mean "${hint}"?` }) });
  }
  return {
    groups: policy.groups.map((group) => ({ ...group, operations: group.operations.filter(({ kind }) => !without.includes(kind)) })),
    normalize: { mean: mean ?? policy.normalize.mean, std: std ?? policy.normalize.std },
  };
}
