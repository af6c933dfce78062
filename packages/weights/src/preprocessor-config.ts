import { ConfigError } from "@ssl-vit/core";
import { configFields, isRecord } from "./config-fields.js";
import type { Preprocessing } from "./preprocessing.js";

type Values = Readonly<Record<string, unknown>>;

/** Pillow's numbers of its filters, which transformers writes. */
const resample = { nearest: 0, lanczos: 1, bilinear: 2, bicubic: 3 } as const;

/**
 * The preprocessor_config.json of transformers and transformers.js: `ViTImageProcessor`, which resizes to the very size, or `BitImageProcessor`, which resizes the
 * shorter side and cuts out the middle. Mean and deviation are always in it: the classes' defaults are others.
 */
export function preprocessorConfig({ imageSize: [height, width], mean, std, interpolation, fit, cropRatio }: Preprocessing): Values {
  const normalization = { do_rescale: true, rescale_factor: 1 / 255, do_normalize: true, image_mean: mean, image_std: std };
  const resize = { do_resize: true, resample: resample[interpolation] };
  if (fit === "stretch") return { image_processor_type: "ViTImageProcessor", ...resize, size: { height, width }, ...normalization };
  return {
    image_processor_type: "BitImageProcessor",
    do_convert_rgb: true,
    ...resize,
    size: { shortest_edge: Math.round(Math.min(height, width) / cropRatio) },
    do_center_crop: true,
    crop_size: { height, width },
    ...normalization,
  };
}

const halves = { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] };

/**
 * Reads such a file.
 *
 * @throws ConfigError naming a value that cannot be used
 */
export function readPreprocessorConfig(values: Values, file: string): Preprocessing {
  const fields = configFields(values, file);
  const refuse = (key: string, expected: string): never => fields.refuse(key, expected);
  const size = sizeOf(values["size"]) ?? [224, 224];
  const isCropped = fields.flag("do_center_crop", false);
  const crop = isCropped ? (sizeOf(values["crop_size"]) ?? size) : size;
  const filter = Object.entries(resample).find(([, number]) => number === (values["resample"] ?? 2))?.[0] as Preprocessing["interpolation"] | undefined;
  const factor = fields.flag("do_rescale", true) ? fields.positive("rescale_factor", 1 / 255) : 1;
  const isNormalized = fields.flag("do_normalize", true);
  const numbers = (key: string, byDefault: readonly number[]): readonly number[] => {
    const given: unknown = values[key] ?? byDefault;
    const list: readonly unknown[] = typeof given === "number" ? [given] : Array.isArray(given) ? given : refuse(key, "numbers, one a channel");
    return list.every((value) => typeof value === "number") ? list : refuse(key, "numbers, one a channel");
  };
  // (v·255·factor - mean) ÷ std, for values v of [0, 1].
  const scale = 255 * factor;
  const scaled = (list: readonly number[]): readonly number[] => list.map((value) => (Math.abs(scale - 1) < 1e-6 ? value : value / scale));
  return {
    imageSize: crop,
    mean: isNormalized ? scaled(numbers("image_mean", halves.mean)) : [0],
    std: scaled(isNormalized ? numbers("image_std", halves.std) : [1]),
    interpolation: filter ?? refuse("resample", "0, 1, 2 or 3"),
    // One number is the shorter side's, which keeps the image's shape; height and width do not.
    fit: isCropped || isShorterSide(values["size"]) ? "crop" : "stretch",
    cropRatio: isCropped ? Math.min(1, Math.min(...crop) / Math.min(...size)) : 1,
  };
}

const isShorterSide = (value: unknown): boolean => isRecord(value) && typeof value["shortest_edge"] === "number";

/** A size as transformers writes it: one number, `{height, width}` or `{shortest_edge}`. */
function sizeOf(value: unknown): readonly [number, number] | undefined {
  if (typeof value === "number") return [value, value];
  if (!isRecord(value)) return undefined;
  const { height, width, shortest_edge: edge } = value;
  if (typeof height === "number" && typeof width === "number") return [height, width];
  return typeof edge === "number" ? [edge, edge] : undefined;
}

/** timm's `pretrained_cfg`: how its models want their images. */
export function timmPreprocessing({ imageSize: [height, width], mean, std, interpolation, fit, cropRatio }: Preprocessing): Values {
  return { input_size: [mean.length, height, width], interpolation, crop_pct: cropRatio, crop_mode: fit === "stretch" ? "squash" : "center", mean, std };
}

/**
 * Reads such a configuration.
 *
 * @throws ConfigError naming a value that cannot be used
 */
export function readTimmPreprocessing(values: Values, file: string): Preprocessing | undefined {
  const { input_size: inputSize, mean, std, interpolation = "bicubic", crop_pct: cropRatio = 0.875, crop_mode: cropMode } = values;
  if (inputSize === undefined && mean === undefined) return undefined;
  const isNumbers = (value: unknown): value is number[] => Array.isArray(value) && value.every((one) => typeof one === "number");
  if (!isNumbers(inputSize) || inputSize.length !== 3) throw refused(file, "input_size", "three numbers", inputSize);
  if (!isNumbers(mean)) throw refused(file, "mean", "numbers, one a channel", mean);
  if (!isNumbers(std)) throw refused(file, "std", "numbers, one a channel", std);
  if (typeof cropRatio !== "number") throw refused(file, "crop_pct", "a number", cropRatio);
  if (typeof interpolation !== "string" || !(interpolation in resample)) throw refused(file, "interpolation", `one of ${Object.keys(resample).join(", ")}`, interpolation);
  return { imageSize: [inputSize[1]!, inputSize[2]!], mean, std, interpolation: interpolation as Preprocessing["interpolation"], fit: cropMode === "squash" ? "stretch" : "crop", cropRatio };
}

const refused = (file: string, key: string, expected: string, received: unknown): ConfigError =>
  new ConfigError({ package: "weights", what: `${file}: ${key}`, expected, received: JSON.stringify(received) });
