import { ConfigError } from "@ssl-vit/core";
import type { VitConfig, VitOptions } from "@ssl-vit/vit";
import type { EncoderFacts } from "./encoder-facts.js";
import { assertClaims, type ModelClaims } from "./model-claims.js";
import { headsByWidth } from "./heads-by-width.js";
import { mlpRatioOf } from "./mlp-ratio.js";

/** What the caller of a loader may add. */
export interface GivenOptions {
  /** Attention heads, where nothing says how many and the width is not one of the known models'. */
  readonly numHeads?: number | undefined;
}

/**
 * The options of the encoder that weights are of, put together from their shapes and what a configuration says.
 *
 * @throws ConfigError where the two contradict each other, and where neither says enough
 */
export function encoderOptions(claims: ModelClaims, fromShapes: EncoderFacts, given: GivenOptions, location: string): VitOptions {
  assertClaims(claims, fromShapes);
  // What a configuration says of a token or a bias is believed: where the weights have it otherwise, a name is missing or unexpected.
  const facts = {
    ...fromShapes,
    hiddenDim: fromShapes.hiddenDim ?? claims.hiddenDim?.value(fromShapes) ?? 4 * fromShapes.embedDim,
    qkvBias: claims.qkvBias?.value ?? fromShapes.qkvBias,
    clsToken: claims.clsToken?.value ?? fromShapes.clsToken,
    registerTokens: claims.registerTokens?.value ?? fromShapes.registerTokens,
  };
  const { embedDim, depth, patchSize, channels, mlp, hiddenDim, qkvBias, clsToken, registerTokens } = facts;
  const { imageSize, prefixPositions } = placePositions(claims, facts, location);
  const layerScale = claims.layerScale?.value ?? (facts.layerScale ? 1 : false);
  return {
    imageSize,
    patchSize,
    channels,
    embedDim,
    depth,
    numHeads: given.numHeads ?? claims.numHeads?.value ?? knownHeads(embedDim, location),
    mlpRatio: mlpRatio(mlp, embedDim, hiddenDim, location),
    mlp,
    qkvBias,
    clsToken,
    registerTokens,
    prefixPositions,
    ...(layerScale === false ? {} : { layerScale }),
    layerNormEpsilon: claims.layerNormEpsilon ?? 1e-6,
    positionEmbedding: claims.fixedPositions === true && embedDim % 4 === 0 ? "sincos2d" : "learned",
    positionInterpolation: claims.positionInterpolation ?? "antialias",
  };
}

function knownHeads(embedDim: number, location: string): number {
  const heads = headsByWidth.get(embedDim);
  if (heads !== undefined) return heads;
  throw new ConfigError({
    package: "weights",
    what: `${location}: heads`,
    expected: `a configuration that says how many, or a width of ${[...headsByWidth.keys()].join(", ")}`,
    received: `width ${embedDim}`,
    fix: "Say it: loadEncoder(folder, { numHeads }).",
  });
}

/** The ratio by which a Vision Transformer of ours comes to a hidden width. */
function mlpRatio(mlp: "gelu" | "swiglu", embedDim: number, hiddenDim: number, location: string): number {
  if (mlp === "swiglu") {
    // ⅔ of the ratio is rounded up to a multiple of 8: whatever the rounding before, it comes to the same.
    if (hiddenDim % 8 === 0) return (hiddenDim * 1.5) / embedDim;
    throw new ConfigError({ package: "weights", what: `${location}: SwiGLU`, expected: "a hidden width that 8 divides, as DINOv2's", received: String(hiddenDim) });
  }
  return mlpRatioOf(hiddenDim, embedDim);
}

/** Which tokens have positions, and which grid of patches they belong to: what the number of rows tells, with the image size where it is said. */
function placePositions(claims: ModelClaims, facts: EncoderFacts, location: string): Pick<VitConfig, "imageSize" | "prefixPositions"> {
  const { patchSize, clsToken, registerTokens, positions } = facts;
  const prefixes: { readonly placed: boolean | "cls"; readonly count: number }[] = [
    { placed: true, count: Number(clsToken) + registerTokens },
    ...(clsToken && registerTokens > 0 ? [{ placed: "cls" as const, count: 1 }] : []),
    ...(clsToken || registerTokens > 0 ? [{ placed: false, count: 0 }] : []),
  ].filter(({ placed }) => claims.prefixPositions === undefined || placed === claims.prefixPositions.value || (!clsToken && registerTokens === 0));
  if (claims.imageSize !== undefined) {
    const { key, value } = claims.imageSize;
    const patches = (value[0] / patchSize) * (value[1] / patchSize);
    const fitting = prefixes.find(({ count }) => positions === undefined || count + patches === positions);
    if (fitting !== undefined) return { imageSize: value, prefixPositions: fitting.placed };
    const counts = prefixes.map(({ count }) => count + patches).join(" or ");
    throw new ConfigError({
      package: "weights",
      what: `${claims.file}: ${key}`,
      expected: `a size of ${positions!} positions as the weights have`,
      received: `${value.join(" x ")}, of which patches of ${patchSize} make ${counts}`,
      fix: "The configuration is of another model than the weights.",
    });
  }
  if (claims.likelyImageSize !== undefined) {
    const [height, width] = claims.likelyImageSize;
    const fitting = prefixes.find(({ count }) => count + (height / patchSize) * (width / patchSize) === positions);
    if (fitting !== undefined) return { imageSize: claims.likelyImageSize, prefixPositions: fitting.placed };
  }
  for (const { placed, count } of prefixes) {
    const side = Math.sqrt((positions ?? 1) - count);
    if (Number.isInteger(side) && side > 0) return { imageSize: [side * patchSize, side * patchSize], prefixPositions: placed };
  }
  throw new ConfigError({
    package: "weights",
    what: `${location}: positions`,
    expected: "those of a square grid of patches, where no configuration says the image's size",
    received: `${positions ?? 0} for ${Number(clsToken)} [CLS], ${registerTokens} registers and the patches`,
  });
}
