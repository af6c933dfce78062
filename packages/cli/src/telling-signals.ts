import type { Diagnosis } from "@ssl-vit/core";
import type { DiagnosisName } from "@ssl-vit/diagnose";

/** Signals by which a failure shows where numbers of its evidence have other names than what was measured. What is of the data set alone shows by none. */
const signalsByName: Partial<Readonly<Record<DiagnosisName, readonly string[]>>> = {
  "learning-rate-too-high": ["lossMax", "updateRatio"],
  "exploding-patch-embedding": ["gradientNorm/patch_embed", "updateRatio/patch_embed"],
  "bfloat16-overflow": ["loss", "gradientNorm"],
  "not-finite": ["loss", "gradientNorm"],
  "constant-images": ["imageContrast"],
  "poor-transfer": ["knnTop1", "linearTop1", "otherKnnTop1"],
};

/** The signals that a diagnosis was told by: those of its evidence, and those that its evidence was reckoned from. */
export const tellingSignals = ({ name, evidence }: Pick<Diagnosis, "name" | "evidence">): readonly string[] => [
  ...new Set([...Object.keys(evidence), ...((signalsByName as Readonly<Record<string, readonly string[]>>)[name] ?? [])]),
];
