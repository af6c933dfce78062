import { ConfigError } from "@ssl-vit/core";
import type { VitConfig, VitOptions } from "@ssl-vit/vit";
import type { EncoderFacts } from "./encoder-facts.js";
import type { KeyMap } from "./key-map.js";

/** A value of a configuration, and what the configuration calls it. */
interface Claim<Value> {
  readonly key: string;
  readonly value: Value;
}

/** What a folder's configuration says of its model. Absent: it does not say. */
export interface ModelClaims {
  /** File that says so, in messages. */
  readonly file: string;
  /** Names that the weights may have. */
  readonly families: readonly KeyMap[];
  readonly embedDim?: Claim<number>;
  readonly depth?: Claim<number>;
  readonly numHeads?: Claim<number>;
  readonly patchSize?: Claim<number>;
  readonly channels?: Claim<number>;
  /** Hidden width of the perceptron, for what the weights are otherwise. */
  readonly hiddenDim?: Claim<(facts: EncoderFacts) => number>;
  readonly registerTokens?: Claim<number>;
  readonly qkvBias?: Claim<boolean>;
  readonly clsToken?: Claim<boolean>;
  readonly layerScale?: Claim<number | false>;
  readonly mlp?: Claim<"gelu" | "swiglu">;
  readonly imageSize?: Claim<readonly [number, number]>;
  /** A size that is said beside the model, of its pictures: taken where it fits the positions. */
  readonly likelyImageSize?: readonly [number, number];
  readonly prefixPositions?: Claim<VitConfig["prefixPositions"]>;
  readonly layerNormEpsilon?: number;
  readonly positionInterpolation?: NonNullable<VitOptions["positionInterpolation"]>;
  /** The positions are stored, but were fixed in training. */
  readonly fixedPositions?: boolean;
  /** The configuration of the encoder of ours that was written there. */
  readonly written?: VitOptions;
}

/**
 * Refuses a configuration whose sizes the weights contradict. What they have or lack beside it is told by names, when they are compared.
 *
 * @throws ConfigError naming the configuration's word and both values
 */
export function assertClaims(claims: ModelClaims, facts: EncoderFacts): void {
  for (const [name, meaning] of Object.entries(meanings) as [keyof typeof meanings, string][]) {
    const claim: Claim<unknown> | undefined = claims[name];
    if (claim !== undefined && claim.value !== facts[name]) contradict(claims.file, claim.key, meaning, claim.value, facts[name]);
  }
  const hiddenDim = claims.hiddenDim?.value(facts);
  if (hiddenDim !== undefined && facts.hiddenDim !== undefined && hiddenDim !== facts.hiddenDim) {
    contradict(claims.file, claims.hiddenDim!.key, "hidden width of the perceptron", hiddenDim, facts.hiddenDim);
  }
  const { registerTokens } = claims;
  if (registerTokens !== undefined && registerTokens.value > 0 && facts.registerTokens > 0 && registerTokens.value !== facts.registerTokens) {
    contradict(claims.file, registerTokens.key, "registers", registerTokens.value, facts.registerTokens);
  }
}

const meanings = { embedDim: "width", depth: "blocks", patchSize: "patch size", channels: "channels", mlp: "perceptron" } as const;

function contradict(file: string, key: string, meaning: string, said: unknown, there: unknown): never {
  throw new ConfigError({
    package: "weights",
    what: `${file}: ${key}`,
    expected: `${String(there)} as the weights have (${meaning})`,
    received: String(said),
    fix: "The configuration is of another model than the weights.",
  });
}
