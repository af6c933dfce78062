import { mul, type Scalar, type Tensor, tidy } from "@tensorflow/tfjs-core";
import { inChunks } from "./in-chunks.js";
import type { ParameterUpdate } from "./update-rule.js";
import { withScalars } from "./with-scalars.js";

/** A rule whose update of each adapted parameter is scaled by a ratio of norms: LARS, LAMB. */
export interface LayerwiseRule {
  /** Where a parameter should go, before the ratio. */
  readonly directionOf: (update: ParameterUpdate, constant: (value: number) => Scalar) => Tensor;
  /** The ratios of many parameters at once, so that their norms are one kernel. */
  readonly ratiosOf: (updates: readonly ParameterUpdate[], directions: readonly Tensor[]) => readonly Scalar[];
  /** Assigns the parameter. */
  readonly move: (update: ParameterUpdate, direction: Tensor, constant: (value: number) => Scalar) => void;
}

/** Carries out a layerwise rule, so many parameters at a time that their directions fit beside them. */
export function layerwiseUpdate(updates: readonly ParameterUpdate[], { directionOf, ratiosOf, move }: LayerwiseRule): void {
  withScalars((constant) => {
    for (const update of updates.filter(({ adapted }) => !adapted)) tidy(() => { move(update, directionOf(update, constant), constant); });
    for (const chunk of inChunks(updates.filter(({ adapted }) => adapted), ({ parameter }) => parameter.size)) {
      tidy(() => {
        const directions = chunk.map((update) => tidy(() => directionOf(update, constant)));
        const ratios = ratiosOf(chunk, directions);
        for (const [index, update] of chunk.entries()) tidy(() => { move(update, mul(directions[index]!, ratios[index]!), constant); });
      });
    }
  });
}
