import "@tensorflow/tfjs-backend-cpu";
import type { Encoder, ParameterMap } from "@ssl-vit/core";
import { encoderFiles, type EncoderFormat, loadEncoder, type LoadEncoderOptions, loadMaskedAutoencoder, openStateDict, type Preprocessing, readPreprocessing, saveEncoder, type TorchFileOptions } from "@ssl-vit/weights";
import { div, getBackend, mean, memory, type Rank, setBackend, sub, tensor, type Tensor, tensor1d, tidy } from "@tensorflow/tfjs-core";

// What tests ask of the packages, on a page and in Node alike: all that goes in and comes out are plain numbers and texts.

/** A tensor that goes from one process to another. */
export interface Numbers {
  readonly shape: readonly number[];
  readonly values: readonly number[];
}

/** Of what a function makes, of which no tensor is left. */
const numbersOf = (make: () => Tensor): Numbers =>
  tidy(() => {
    const made = make();
    return { shape: made.shape, values: [...made.dataSync()] };
  });

const imagesOf = ({ shape, values }: Numbers): Tensor<Rank.R4> => tensor<Rank.R4>([...values], [...shape] as [number, number, number, number]);

function disposeVariables({ parameters, buffers }: { readonly parameters: ParameterMap; readonly buffers: ParameterMap }): void {
  for (const variable of Object.values({ ...parameters, ...buffers })) variable.dispose();
}

/** The engines that a page has besides the one of plain JavaScript. */
type PageEngine = "wasm" | "webgl";

/**
 * Has the page run on another engine from here on.
 *
 * @param binaries address of the folder where the one of WebAssembly has its own
 * @returns the engine that it is
 */
export async function startEngine(engine: PageEngine, binaries: string): Promise<string> {
  if (engine === "wasm") (await import("@tensorflow/tfjs-backend-wasm")).setWasmPaths(binaries);
  else await import("@tensorflow/tfjs-backend-webgl");
  await setBackend(engine);
  return getBackend();
}

export interface Embedded {
  readonly config: Encoder["config"];
  /** `encode` of the images as they are. */
  readonly tokens: Numbers;
  /** Undefined where the folder does not say. */
  readonly preprocessing: Preprocessing | undefined;
  /** One for each image, which is normalised as the folder says. */
  readonly features: Numbers;
  /** Tensors that are more than before, when the encoder's variables are gone. */
  readonly tensorsLeft: number;
}

/** Loads an encoder and embeds images, [B, Y, X, C] of values in [0, 1]. */
export async function embed(location: string, images: Numbers, options: LoadEncoderOptions = {}): Promise<Embedded> {
  const before = memory().numTensors;
  const preprocessing = await readPreprocessing(location);
  const encoder = await loadEncoder(location, options);
  const { mean: average, std } = preprocessing ?? { mean: [0], std: [1] };
  const tokens = numbersOf(() => encoder.encode(imagesOf(images)));
  const features = numbersOf(() => mean(encoder.encode(div(sub(imagesOf(images), tensor1d([...average])), tensor1d([...std]))), 1));
  disposeVariables(encoder);
  return { config: encoder.config, tokens, preprocessing, features, tensorsLeft: memory().numTensors - before };
}

/** What a masked autoencoder makes of images of which it sees a part. */
export async function reconstruct(location: string, images: Numbers, noise: Numbers): Promise<Numbers> {
  const model = await loadMaskedAutoencoder(location);
  const given = { values: Float32Array.from(noise.values), shape: noise.shape as readonly [number, number] };
  const prediction = numbersOf(() => model.forward(imagesOf(images), { noise: given }).prediction);
  disposeVariables(model);
  return prediction;
}

/** Every tensor of a file of weights. */
export async function readState(location: string, options: TorchFileOptions = {}): Promise<readonly (readonly [name: string, Numbers])[]> {
  const state = await openStateDict(location, options);
  const tensors: [string, Numbers][] = [];
  for (const name of state.names) tensors.push([name, { shape: state.info(name).shape, values: [...(await state.read(name))] }]);
  await state.close();
  return tensors;
}

/** The files that an encoder of some folder is written as: texts, and the bytes of the others. */
export async function filesOf(location: string, format: EncoderFormat): Promise<readonly (readonly [name: string, content: string | readonly number[]])[]> {
  const encoder = await loadEncoder(location);
  const files = await encoderFiles(encoder, { format });
  disposeVariables(encoder);
  return [...files].map(([name, content]) => [name, typeof content === "string" ? content : [...content]]);
}

/** Writes an encoder of some folder into another one. */
export async function copy(location: string, folder: string): Promise<void> {
  const encoder = await loadEncoder(location);
  await saveEncoder(encoder, folder, { format: "hf" }).finally(() => { disposeVariables(encoder); });
}
