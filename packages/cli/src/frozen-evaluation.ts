import type { EngineReport } from "@ssl-vit/engine";
import { type FeatureExtractor, type FeatureOptions, openExtractor } from "./feature-options.js";
import type { LabelledDataOptions } from "./labelled-data-options.js";
import { type LabelledFeatures, labelledFeatures } from "./labelled-features.js";
import { type DataNeeds, refuseUnusableData } from "./refuse-unusable-data.js";
import { refuseTakenResult, type ReportOptions } from "./report-evaluation.js";
import { startEngine } from "./start-engine.js";

/** Features to judge, and how they were made. */
export interface FrozenEvaluation {
  readonly sets: LabelledFeatures;
  readonly made: { readonly engine: EngineReport; readonly extractor: FeatureExtractor };
}

/** What every evaluation of frozen features starts with: refusals first, then the features of both sets. */
export async function openFrozenEvaluation(options: FeatureOptions & LabelledDataOptions & ReportOptions, needs: DataNeeds): Promise<FrozenEvaluation> {
  await refuseTakenResult(options);
  await refuseUnusableData(options, needs);
  const engine = await startEngine(options);
  const extractor = await openExtractor(options);
  return { sets: await labelledFeatures(options, extractor), made: { engine, extractor } };
}
