import { createHash } from "node:crypto";
import type { LoadedRun } from "./load-run.js";
import { withoutFields } from "./without-fields.js";

/** What makes the features that an evaluation judges, as plain data: equal but for `seed` where a mean over seeds may be taken. */
export type Judged =
  | {
      readonly kind: "run";
      readonly method: string;
      /** Digest of everything that makes the run but its seed and where its data lie. */
      readonly recipe: string;
      /** Epochs or steps that it was to have. */
      readonly length?: object;
      readonly checkpoint: string;
      readonly weights: "last" | "average";
      readonly seed: number;
    }
  | { readonly kind: "weights"; readonly encoder: Readonly<Record<string, unknown>>; readonly fingerprint: string }
  | { readonly kind: "random"; readonly encoder: Readonly<Record<string, unknown>>; readonly seed: number }
  | { readonly kind: "pixels" };

/** A run's checkpoint. */
export function judgedRun({ config, length, checkpoint }: Pick<LoadedRun, "config" | "length" | "checkpoint">, weights: "last" | "average"): Judged {
  const { method, encoder, data, seed, initialWeights } = config;
  const recipe = {
    ...withoutFields(config, "seed"),
    encoder: withoutFields(encoder, "seed"),
    method: { name: method.name, options: withoutFields(method.options, "seed") },
    data: withoutFields(data, "location"),
    ...(initialWeights === undefined ? {} : { initialWeights: initialWeights.fingerprint }),
  };
  const digest = createHash("sha256").update(JSON.stringify(recipe)).digest("hex").slice(0, 16);
  return { kind: "run", method: method.name, recipe: digest, ...(length === undefined ? {} : { length }), checkpoint, weights, seed };
}
