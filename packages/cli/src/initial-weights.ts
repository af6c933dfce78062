import { ConfigError, type Encoder, type EncoderFactory, type ViewPolicy } from "@ssl-vit/core";
import { resamplePositions, type VitConfig, type VitSize, vitSizes } from "@ssl-vit/vit";
import { dispose, tensor, tidy } from "@tensorflow/tfjs-core";
import { readRunConfig } from "@ssl-vit/trainer";
import { encoderFingerprint } from "./encoder-fingerprint.js";
import { aboutOption, loadCheckpoint } from "./load-checkpoint.js";
import { withoutFields } from "./without-fields.js";

/** Weights that a training starts from. */
export interface OpenedWeights {
  /** What `vit` builds such an encoder from. */
  readonly model: Readonly<Record<string, unknown>>;
  /** How the model wants its images. */
  readonly normalize: ViewPolicy["normalize"];
  readonly location: string;
  readonly fingerprint: string;
  /** What a person calls it. */
  readonly description: string;
  /** Encoders that start from these weights in place of random ones. */
  startFrom(encoders: EncoderFactory): EncoderFactory;
  dispose(): void;
}

/**
 * What a run started from, to go on with it: its checkpoint has the weights, so that the first ones need not be there any more. Undefined for a run that started from
 * random ones.
 */
export async function weightsOfRun(folder: string): Promise<OpenedWeights | undefined> {
  const { initialWeights, encoder, views } = (await readRunConfig(folder)).run;
  if (initialWeights === undefined) return undefined;
  return { model: withoutFields(encoder, ...ownOfRun), normalize: views.normalize, ...initialWeights, description: initialWeights.location, startFrom: (encoders) => encoders, dispose: () => undefined };
}

/** The stochastic depth and the seed of the run that weights come from are not those of another. */
const ownOfRun = ["dropPathRate", "seed"];

/** Options of the encoder that training may choose: they are no part of the weights. */
const free = ["dropPathRate", "imageSize", "positionInterpolation", "seed", "initialization"];

/**
 * Opens the weights of `--init-from`.
 *
 * @throws ConfigError for what `loadCheckpoint` refuses
 */
export async function openInitialWeights(location: string): Promise<OpenedWeights> {
  const { encoder, normalize, description } = await loadCheckpoint(location).catch(aboutOption("--init-from"));
  return {
    model: withoutFields(encoder.config, ...ownOfRun),
    normalize,
    location,
    fingerprint: encoderFingerprint(encoder),
    description,
    startFrom: (encoders) => (role) => {
      const started = encoders(role);
      copyWeights(encoder, started);
      return started;
    },
    dispose: () => {
      dispose(Object.values({ ...encoder.parameters, ...encoder.buffers }));
    },
  };
}

/**
 * Refuses options of the model that the weights contradict: `--model vit-small` over a ViT-B's.
 *
 * @param model as the options make it, over the weights' own
 */
export function assertSameModel({ model, location }: Pick<OpenedWeights, "model" | "location">, given: Readonly<Record<string, unknown>>): void {
  const { size, ...options } = given;
  const asked = { ...(typeof size === "string" && Object.hasOwn(vitSizes, size) ? vitSizes[size as VitSize] : {}), ...options };
  for (const [name, value] of Object.entries(asked)) {
    if (free.includes(name) || JSON.stringify(value) === JSON.stringify(model[name])) continue;
    const received = name in options ? `model.${name} ${JSON.stringify(value)}` : `--model vit-${String(size)}, whose ${name} is ${JSON.stringify(value)}`;
    throw new ConfigError({ package: "cli", what: "--init-from", expected: `the model of ${location}: ${name} ${JSON.stringify(model[name] ?? "none")}`, received, fix: "Leave the option out: the weights say it." });
  }
}

/** Fills an encoder's variables with another's. Positions, learned or fixed, are resampled to its grid, as `loadEncoder` does. */
function copyWeights(from: Encoder, to: Encoder): void {
  const [sources, targets] = [from, to].map(({ parameters, buffers }) => ({ ...parameters, ...buffers }));
  for (const [name, target] of Object.entries(targets!)) {
    const source = sources![name]!;
    if (source.shape.join() === target.shape.join()) {
      target.assign(source);
    } else {
      tidy(() => {
        target.assign(tensor(resampled(source.dataSync<"float32">(), from, to), target.shape));
      });
    }
  }
}

function resampled(positions: Float32Array, from: Encoder, to: Encoder): Float32Array {
  const { gridSize: oldGrid, embedDim } = from.layout;
  return resamplePositions(positions, {
    oldGrid,
    newGrid: to.layout.gridSize,
    embedDim,
    prefixTokens: positions.length / embedDim - oldGrid[0] * oldGrid[1],
    interpolation: (to.config as VitConfig).positionInterpolation ?? "antialias",
  });
}
