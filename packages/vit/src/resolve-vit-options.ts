import { ConfigError, nearest } from "@ssl-vit/core";
import { initializations } from "./initializations.js";
import type { VitConfig, VitOptions } from "./vit-options.js";
import { vitSizes } from "./vit-sizes.js";

const defaults = {
  size: "tiny",
  imageSize: 32,
  patchSize: 4,
  channels: 3,
  qkvBias: true,
  clsToken: true,
  registerTokens: 0,
  positionEmbedding: "learned",
  prefixPositions: true,
  dropPathRate: 0,
  layerNormEpsilon: 1e-6,
  initialization: "timm",
  seed: 0,
} satisfies VitOptions;

/** Options that a configuration has only where they differ from this. */
const unsaid = { mlp: "gelu", positionInterpolation: "antialias" } satisfies VitOptions;

/** What an option that is a word, or a switch with more than two places, may be. */
const choices = {
  positionEmbedding: ["learned", "sincos2d"],
  prefixPositions: [true, false, "cls"],
  mlp: ["gelu", "swiglu"],
  positionInterpolation: ["antialias", "plain"],
} satisfies { [Name in keyof VitOptions]: readonly VitOptions[Name][] };

const optionNames = [...Object.keys(defaults), ...Object.keys(vitSizes.tiny), ...Object.keys(unsaid), "layerScale"];

/**
 * Fills in defaults and the size's numbers, and refuses what cannot work before a weight is made.
 *
 * @throws ConfigError naming the option
 */
export function resolveVitOptions(options: VitOptions): VitConfig {
  for (const name of Object.keys(options)) {
    if (optionNames.includes(name)) continue;
    const hint = nearest(name, optionNames);
    throw new ConfigError(
      `[@ssl-vit/vit] Unknown option "${name}". ${hint === undefined ? `Options: ${optionNames.join(", ")}.` : `Did you mean "${hint}"?`}`,
    );
  }
  const isSaid = ([name, value]: [string, unknown]): boolean => value !== undefined && value !== (unsaid as Readonly<Record<string, unknown>>)[name];
  const given: VitOptions = Object.fromEntries(Object.entries(options).filter(isSaid));
  const { imageSize, ...rest } = { ...defaults, ...given };
  if (!(rest.size in vitSizes)) refuse("size", `one of ${Object.keys(vitSizes).join(", ")}`, rest.size, nearest(rest.size, Object.keys(vitSizes)));
  const [height, width] = typeof imageSize === "number" ? [imageSize, imageSize] : imageSize;
  const config: VitConfig = Object.freeze({ ...vitSizes[rest.size], ...rest, imageSize: [height, width] as const });
  check(config);
  return config;
}

function check(config: VitConfig): void {
  for (const name of ["patchSize", "channels", "embedDim", "depth", "numHeads"] as const) {
    if (!Number.isInteger(config[name]) || config[name] < 1) refuse(name, "a positive integer", config[name]);
  }
  const { embedDim, imageSize, numHeads, patchSize, positionEmbedding, registerTokens } = config;
  if (!imageSize.every((side) => side > 0 && side % patchSize === 0)) {
    refuse("imageSize", `multiples of patchSize ${patchSize}`, imageSize.join(" x "));
  }
  if (embedDim % numHeads !== 0) refuse("numHeads", `a divisor of embedDim ${embedDim}`, numHeads);
  if (!Number.isInteger(registerTokens) || registerTokens < 0) refuse("registerTokens", "an integer of at least 0", registerTokens);
  for (const [name, allowed] of Object.entries<readonly unknown[]>(choices)) {
    const value = config[name as keyof typeof choices];
    if (value !== undefined && !allowed.includes(value)) refuse(name, `one of ${allowed.join(", ")}`, value);
  }
  if (positionEmbedding === "sincos2d" && embedDim % 4 !== 0) refuse("embedDim", "a multiple of 4 for sincos2d positions", embedDim);
  if (!(config.initialization in initializations)) {
    refuse("initialization", `one of ${Object.keys(initializations).join(", ")}`, config.initialization);
  }
  if (!(config.dropPathRate >= 0 && config.dropPathRate < 1)) refuse("dropPathRate", "a number in [0, 1)", config.dropPathRate);
  for (const name of ["mlpRatio", "layerNormEpsilon", "layerScale"] as const) {
    const value = config[name];
    if (value !== undefined && !(value > 0)) refuse(name, "a positive number", value);
  }
}

function refuse(what: string, expected: string, received: unknown, meant?: string): never {
  const fix = meant === undefined ? {} : { fix: `Did you mean "${meant}"?` };
  throw new ConfigError({ package: "vit", what, expected, received: String(received), ...fix });
}
