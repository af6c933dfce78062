import { ConfigError, type MethodFactory, nearest, type Preset } from "@ssl-vit/core";
import { vit, type VitOptions, type VitSize, vitSizes } from "@ssl-vit/vit";
import { type Cost, type CostOptions, measureCost } from "./measure-cost.js";

/** A method's recipe at other sizes. */
export interface PresetCostOptions extends Pick<CostOptions, "batchSize" | "draws"> {
  readonly method: MethodFactory;
  /** Name of a preset. Default: the first that takes such a batch of those that are named `paper…`, or the method's defaults if there is none. */
  readonly preset?: string;
  /** Encoder's width and depth, in place of the preset's. */
  readonly size: VitSize;
  /** Height and width of the images in pixels, in place of the preset's. */
  readonly imageSize: number;
  /** Side of a patch in pixels, in place of the preset's. */
  readonly patchSize: number;
}

/** A cost, and of what. */
export interface PresetCost extends Cost {
  /** Undefined: the method's defaults. */
  readonly preset: string | undefined;
}

type Candidate = readonly [name: string | undefined, preset: Pick<Preset<Record<string, unknown>>, "model" | "method"> & Partial<Pick<Preset<unknown>, "optimizer">>];

function candidatesOf({ methodName, presets }: MethodFactory, wanted: string | undefined): readonly Candidate[] {
  const names = Object.keys(presets);
  if (wanted === undefined) {
    const papers = names.filter((name) => name.startsWith("paper"));
    return papers.length === 0 ? [[undefined, { model: {}, method: {} }]] : papers.map((name) => [name, presets[name]!]);
  }
  const preset = presets[wanted];
  if (preset !== undefined) return [[wanted, preset]];
  const hint = nearest(wanted, names);
  const fix = hint === undefined ? {} : { fix: `Did you mean "${hint}"?` };
  throw new ConfigError({ package: methodName, what: "preset", expected: names.length === 0 ? "none: the method has no presets" : `one of ${names.join(", ")}`, received: `"${wanted}"`, ...fix });
}

/** The encoder's options but those that its size decides. */
const withoutSizes = (model: Readonly<Record<string, unknown>>): VitOptions =>
  Object.fromEntries(Object.entries(model).filter(([name]) => !(name in vitSizes.tiny)));

/**
 * `measureCost` of a method as a preset has it, on a Vision Transformer of any size.
 *
 * @throws ConfigError for an unknown preset, and where no preset takes the batch or the images
 */
export async function measurePresetCost({ method, preset: wanted, size, imageSize, patchSize, batchSize, draws }: PresetCostOptions): Promise<PresetCost> {
  let refusal: unknown;
  for (const [name, preset] of candidatesOf(method, wanted)) {
    const encoders = vit({ ...withoutSizes(preset.model), size, imageSize, patchSize, initialization: "zeros" });
    try {
      const optimizer = preset.optimizer === undefined ? {} : { optimizer: preset.optimizer };
      return { ...(await measureCost({ method, options: preset.method, encoders, batchSize, ...optimizer, ...(draws === undefined ? {} : { draws }) })), preset: name };
    } catch (error) {
      if (!ConfigError.isInstance(error)) throw error;
      refusal ??= error;
    }
  }
  throw refusal;
}
