import { type VitOptions, vitSizes } from "@ssl-vit/vit";
import { configFields, isRecord } from "./config-fields.js";

/** The words of an option, each a key, so that none can be missing here that there is. */
type WordsOf<Name extends keyof VitOptions> = Readonly<Record<Extract<VitOptions[Name], string>, true>>;

const words: { readonly [Name in "mlp" | "positionEmbedding" | "positionInterpolation" | "initialization"]: WordsOf<Name> } = {
  mlp: { gelu: true, swiglu: true },
  positionEmbedding: { learned: true, sincos2d: true },
  positionInterpolation: { antialias: true, plain: true },
  initialization: { timm: true, mae: true, moco: true, zeros: true },
};

/**
 * The configuration of an encoder of ours (`encoder.config`) that a folder notes as the value of `key`. What is not said, or null, is left out, and so are names that no option
 * has: a later version may have written them.
 *
 * @throws ConfigError naming the file and a value of another kind
 */
export function readWritten(values: Readonly<Record<string, unknown>>, key: string, file: string): VitOptions {
  const given = values[key];
  if (!isRecord(given)) return configFields(values, file).refuse(key, "the configuration of an encoder");
  const fields = configFields(given, `${file}: ${key}`);
  const oneOf = (name: string, allowed: readonly unknown[]): unknown => (allowed.includes(given[name]) ? given[name] : fields.refuse(name, `one of ${allowed.join(", ")}`));
  const number = (name: string, expected: string, holds: (value: number) => boolean): unknown => (typeof given[name] === "number" && holds(given[name]) ? given[name] : fields.refuse(name, expected));
  const readers: { readonly [Name in keyof VitOptions]-?: (name: Name) => unknown } = {
    size: (name) => oneOf(name, Object.keys(vitSizes)),
    imageSize: (name) => fields.size(name, 32),
    patchSize: (name) => fields.whole(name, 1),
    channels: (name) => fields.whole(name, 1),
    embedDim: (name) => fields.whole(name, 1),
    depth: (name) => fields.whole(name, 1),
    numHeads: (name) => fields.whole(name, 1),
    mlpRatio: (name) => fields.positive(name, 1),
    mlp: (name) => oneOf(name, Object.keys(words.mlp)),
    qkvBias: (name) => fields.flag(name, true),
    clsToken: (name) => fields.flag(name, true),
    registerTokens: (name) => number(name, "a whole number of at least 0", (value) => Number.isSafeInteger(value) && value >= 0),
    positionEmbedding: (name) => oneOf(name, Object.keys(words.positionEmbedding)),
    prefixPositions: (name) => oneOf(name, [true, false, "cls"]),
    positionInterpolation: (name) => oneOf(name, Object.keys(words.positionInterpolation)),
    layerScale: (name) => fields.positive(name, 1),
    dropPathRate: (name) => number(name, "a number in [0, 1)", (value) => value >= 0 && value < 1),
    layerNormEpsilon: (name) => fields.positive(name, 1),
    initialization: (name) => oneOf(name, Object.keys(words.initialization)),
    seed: (name) => number(name, "a number", () => true),
  };
  const said = Object.entries(readers as Readonly<Record<string, (name: string) => unknown>>).filter(([name]) => fields.has(name));
  return Object.fromEntries(said.map(([name, read]) => [name, read(name)]));
}
