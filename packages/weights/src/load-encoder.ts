import { ConfigError, type Encoder } from "@ssl-vit/core";
import { resamplePositions, vit, type VitOptions } from "@ssl-vit/vit";
import { assignTensors } from "./assign-tensors.js";
import { encoderFacts } from "./encoder-facts.js";
import { encoderOptions } from "./encoder-options.js";
import { type EncoderTensors, translateEncoder, withTensors } from "./encoder-tensors.js";
import { hasFixedPositions } from "./fixed-positions.js";
import { type OpenedModel, openModel, type WhichWeights } from "./open-model.js";
import { REGISTERS_FILE } from "./registers-file.js";
import { restoreWritten } from "./restore-written.js";

/** Options of `loadEncoder`. */
export interface LoadEncoderOptions extends WhichWeights {
  /** Size of the images to encode, one number or [Y, X]: positions are resampled to it once. Default: the model's. Other sizes can be encoded either way. */
  readonly imageSize?: number | readonly [number, number];
  /** Attention heads, for a file without configuration whose width is not a known model's. */
  readonly numHeads?: number;
}

/**
 * Loads a Vision Transformer: a folder of transformers (ViT, ViTMAE, ViTMSN, DINOv2 with or without registers, I-JEPA), of timm or of ssl-vit (an export, a run), or
 * a file of weights as DINO, DINOv2, iBOT, MAE, MoCo v3, MSN and I-JEPA publish them. Tensors are read one by one; heads and poolers are left.
 *
 * @param location path of a folder or file, or an address behind which a server is
 * @returns the encoder on the current backend; its variables are the caller's to dispose
 * @throws ConfigError naming the file and what is wrong with it: no model that is read here, a configuration that does not fit the weights, missing and unexpected
 *   names (both in full), another shape, a value that is no finite number, a damaged file
 */
export async function loadEncoder(location: string, options: LoadEncoderOptions = {}): Promise<Encoder> {
  const model = await openModel(location, options);
  try {
    return await readEncoder(model, options);
  } finally {
    await model.state.close();
  }
}

/** Builds the encoder of an opened model and fills its variables. */
export async function readEncoder({ location, state, claims, encoder: found, isComplete, openBeside }: OpenedModel, { imageSize, numHeads }: LoadEncoderOptions): Promise<Encoder> {
  const translated = translateEncoder(state, found, isComplete);
  const facts = encoderFacts(translated);
  const fromFolder = encoderOptions(claims, facts, { numHeads }, location);
  const isFixed = !isComplete && (await hasFixedPositions(fromFolder, translated.tensors));
  const read = { options: isFixed ? { ...fromFolder, positionEmbedding: "sincos2d" as const } : fromFolder, tensors: translated.tensors };
  const restored = claims.written === undefined ? read : await restoreWritten(read.options, read.tensors, claims.written, () => openBeside(REGISTERS_FILE));
  const { options, tensors } = imageSize === undefined ? restored : await resized(restored, imageSize);
  // Random start values would take longer than reading.
  const built = vit({ ...options, initialization: "zeros" })("teacher");
  await assignTensors({ ...built.parameters, ...built.buffers }, tensors, translated, location);
  return { ...built, config: Object.freeze({ ...built.config, initialization: options.initialization ?? "timm" }) };
}

/** The same with positions for images of another size. */
async function resized(
  { options, tensors }: { readonly options: VitOptions; readonly tensors: EncoderTensors },
  imageSize: number | readonly [number, number],
): Promise<{ readonly options: VitOptions; readonly tensors: EncoderTensors }> {
  const [height, width] = typeof imageSize === "number" ? [imageSize, imageSize] : imageSize;
  const patchSize = options.patchSize!;
  if (![height, width].every((side) => Number.isInteger(side) && side > 0 && side % patchSize === 0)) {
    throw new ConfigError({ package: "weights", what: "imageSize", expected: `multiples of the model's patch size ${patchSize}`, received: `${height} x ${width}` });
  }
  const gridOf = ([rows, columns]: readonly [number, number]): [number, number] => [rows / patchSize, columns / patchSize];
  const [oldGrid, newGrid] = [gridOf(options.imageSize as readonly [number, number]), gridOf([height, width])];
  if (!tensors.names.has("pos_embed") || oldGrid.join() === newGrid.join()) return { options: { ...options, imageSize: [height, width] }, tensors };
  const embedDim = options.embedDim!;
  const old = await tensors.read("pos_embed");
  const values = resamplePositions(old, {
    oldGrid,
    newGrid,
    embedDim,
    prefixTokens: old.length / embedDim - oldGrid[0] * oldGrid[1],
    interpolation: options.positionInterpolation ?? "antialias",
  });
  return { options: { ...options, imageSize: [height, width] }, tensors: withTensors(tensors, new Map([["pos_embed", { shape: [1, values.length / embedDim, embedDim], values }]])) };
}
