import { above, type Judged, lasting, timesBelow } from "./evidence.js";
import type { Finding, Rule } from "./rule.js";
import type { RunView } from "./run-view.js";
import { change, learningRateTimes, percent, shown } from "./settings.js";
import { thresholds } from "./thresholds.js";

const limits = thresholds.masking;

/** What the decoder makes of it. */
const evidenceOf = (view: RunView): Finding["evidence"] =>
  Object.fromEntries(
    ["maskedShare", "visiblePatches", "patchErrorShare", "patchVarianceShare"].flatMap((name) => {
      const value = view.last(name);
      return value === undefined ? [] : [[name, value]];
    }),
  );

/** Advice to mask as much as methods that paint patches do: MAE 0.75, SimMIM 0.6. */
function maskAsPublished(view: RunView): ReturnType<typeof change> {
  const own = view.option("maskRatio");
  if (typeof own !== "number") return { advice: "Mask 60 to 75 % of the patches." };
  return change("method.maskRatio", own, 0.75, "; published recipes have 0.6 to 0.75");
}

/** The share that was asked for, where that is less: whole patches round it up. */
const maskedAsAsked = (view: RunView, measured: number): number => {
  const own = view.option("maskRatio");
  return typeof own === "number" ? Math.min(own, measured) : measured;
};

const maskedTooMuch: Rule = {
  name: "masked-too-much",
  explains: ["decoder-predicts-mean", "collapse-to-point", "dimensional-collapse"],
  find(view) {
    const judged = view.series("maskedShare").map(({ step, value }): Judged => {
      const share = maskedAsAsked(view, value);
      // That the decoder is no better than the mean makes it likelier.
      const isAtMean = (view.at("patchErrorShare", step) ?? 0) >= limits.errorShare.at;
      return { step, excess: share > limits.most.at ? above(share, limits.most) + (isAtMean ? limits.errorCounts : 0) : -1 };
    });
    const held = lasting(judged, thresholds.shortPatience, view.totalSteps);
    if (held === undefined) return undefined;
    const visible = view.last("visiblePatches");
    return {
      ...held,
      evidence: evidenceOf(view),
      explanation: `${percent(view.last("maskedShare")!)} of the patches are hidden${visible === undefined ? "" : `, ${shown(visible)} seen`}: too little is left to tell what stands in the others, and the best guess is the mean.`,
      ...maskAsPublished(view),
    };
  },
};

const maskedTooLittle: Rule = {
  name: "masked-too-little",
  explains: [],
  find(view) {
    const held = lasting(view.series("maskedShare").map(({ step, value }) => ({ step, excess: timesBelow(value, limits.least) })), thresholds.shortPatience, view.totalSteps);
    if (held === undefined) return undefined;
    return {
      ...held,
      evidence: evidenceOf(view),
      explanation: `Only ${percent(view.last("maskedShare")!)} of the patches are hidden: they can be filled in from their neighbours' colors, without knowing what the image shows.`,
      ...maskAsPublished(view),
    };
  },
};

const decoderPredictsMean: Rule = {
  name: "decoder-predicts-mean",
  explains: [],
  find(view) {
    const judged = view
      .together("patchVarianceShare", "patchErrorShare")
      .filter(({ step }) => step >= limits.firstShare * view.totalSteps)
      .map(({ step, values: [variance, error] }): Judged => ({ step, excess: Math.min(timesBelow(variance!, limits.varianceShare), above(error!, limits.errorShare)) }));
    const held = lasting(judged, limits.patience, view.totalSteps);
    if (held === undefined) return undefined;
    const variances = view.series("patchVarianceShare").filter(({ step }) => step >= held.step);
    if (variances.at(-1)!.value > thresholds.growth ** 2 * variances[0]!.value) return undefined;
    const [masked, error] = [view.last("maskedShare"), view.last("patchErrorShare")!];
    return {
      ...held,
      evidence: evidenceOf(view),
      explanation: `What the decoder paints varies by ${percent(view.last("patchVarianceShare")!)} of what the patches do, and its error is ${error > limits.worseThanMean ? "even larger than " : ""}that of the mean (${shown(error)}): it looks at nothing.`,
      // Worse than the mean is what too long steps leave; at the mean one stays with steps that are too short.
      ...(masked !== undefined && masked > 0.8 ? maskAsPublished(view) : learningRateTimes(view, error > limits.worseThanMean ? 1 / 3 : 3)),
    };
  },
};

export const maskingRules: readonly Rule[] = [maskedTooMuch, maskedTooLittle, decoderPredictsMean];
