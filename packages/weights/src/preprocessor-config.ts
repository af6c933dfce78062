import { configFields, isRecord, isWhole } from "./config-fields.js";
import { checkedPreprocessing, interpolations, type Preprocessing } from "./preprocessing.js";

type Values = Readonly<Record<string, unknown>>;

/** Pillow's numbers of its filters, which transformers writes. */
const resample: Readonly<Record<Preprocessing["interpolation"], number>> = { nearest: 0, lanczos: 1, bilinear: 2, bicubic: 3 };

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
  const sizeIn = (key: string, byDefault: readonly [number, number]): readonly [number, number] => {
    const size = fields.has(key) ? sizeOf(values[key]) : byDefault;
    return size?.every(isWhole) === true ? size : refuse(key, "positive whole numbers: one, {height, width} or {shortest_edge}");
  };
  const size = sizeIn("size", [224, 224]);
  const isCropped = fields.flag("do_center_crop", false);
  const crop = isCropped ? sizeIn("crop_size", size) : size;
  const filter = interpolations.find((name) => resample[name] === (values["resample"] ?? 2));
  const factor = fields.flag("do_rescale", true) ? fields.positive("rescale_factor", 1 / 255) : 1;
  const isNormalized = fields.flag("do_normalize", true);
  // One number is the same for all channels.
  const listed = (key: string, byDefault: readonly number[]): unknown => {
    const given = values[key] ?? byDefault;
    return typeof given === "number" ? [given] : given;
  };
  const checked = checkedPreprocessing(
    {
      imageSize: crop,
      mean: isNormalized ? listed("image_mean", halves.mean) : [0],
      std: isNormalized ? listed("image_std", halves.std) : [1],
      interpolation: filter ?? refuse("resample", "0, 1, 2 or 3"),
      // One number is the shorter side's, which keeps the image's shape; height and width do not.
      fit: isCropped || isShorterSide(values["size"]) ? "crop" : "stretch",
      cropRatio: isCropped ? Math.min(1, Math.min(...crop) / Math.min(...size)) : 1,
    },
    { where: file, imageSize: "size", mean: "image_mean", std: "image_std" },
  );
  // (v·255·factor - mean) ÷ std, for values v of [0, 1].
  const scale = 255 * factor;
  const scaled = (list: readonly number[]): readonly number[] => list.map((value) => (Math.abs(scale - 1) < 1e-6 ? value : value / scale));
  return { ...checked, mean: scaled(checked.mean), std: scaled(checked.std) };
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
  if (!Array.isArray(inputSize) || inputSize.length !== 3 || !inputSize.every(isWhole)) return configFields(values, file).refuse("input_size", "three positive whole numbers, [C, Y, X]");
  const [channels, height, width] = inputSize;
  return checkedPreprocessing(
    { imageSize: [height, width], mean, std, interpolation, fit: cropMode === "squash" ? "stretch" : "crop", cropRatio },
    { where: file, cropRatio: "crop_pct" },
    channels,
  );
}
