import { certain, heldOnce, type Judged, type Lasting, lasting, medianOf, timesAbove, timesBelow } from "./evidence.js";
import { gradientGrowth, lostNumber } from "./lost-numbers.js";
import { collapses, type Finding, type Rule } from "./rule.js";
import type { RunView } from "./run-view.js";
import { type Advice, change, learningRateTimes, shown } from "./settings.js";
import type { SignalPoint } from "./signal-series.js";
import { thresholds } from "./thresholds.js";

const limits = thresholds.rate;

/** What each sign of too high a rate answers. */
interface Sign extends Lasting {
  readonly evidence: Finding["evidence"];
  readonly explanation: string;
}

/** Updates relative to the weights while the rate is near its highest, after the warm-up: schedules end at 0, and say nothing of the rate there. */
function updatesNearPeak(view: RunView): readonly SignalPoint[] {
  const highest = view.series("learningRate").reduce((most, { value }) => Math.max(most, value), 0);
  return view.series("updateRatio").filter(({ step }) => step > view.warmupSteps && (view.at("learningRate", step) ?? highest) >= limits.nearPeak * highest);
}

/**
 * Whether the loss began far above that of knowing nothing: then scores are out of scale (a temperature that is too low, alternatives that are not
 * normalised), and the size of the first gradients comes of that and not of the rate.
 */
function beganOutOfScale(view: RunView): boolean {
  const name = view.last("lossMean") === undefined ? "loss" : "lossMean";
  const [loss, uninformed] = [view.first(name), view.first("uninformedLoss")];
  return loss !== undefined && uninformed !== undefined && loss > limits.outOfScale * uninformed;
}

/** The first updates may do all the harm: weights that they have thrown far out are large, and what follows is small beside them. */
function largeAtOnce(view: RunView): Lasting | undefined {
  if (beganOutOfScale(view)) return undefined;
  const judged = view.series("updateRatio").map(({ step, value }): Judged => ({ step, excess: timesAbove(value, limits.largestUpdate) }));
  return heldOnce(judged, { looks: thresholds.patience.looks }, view.totalSteps);
}

/** Updates that are large beside the weights, once the warm-up is over and before the rate goes down, or for some looks before. */
function largeUpdates(view: RunView): Sign | undefined {
  const points = updatesNearPeak(view);
  const held =
    lasting(points.map(({ step, value }) => ({ step, excess: timesAbove(value, limits.largestUpdate) })), thresholds.shortPatience, view.totalSteps) ?? largeAtOnce(view);
  if (held === undefined) return undefined;
  const ratio = medianOf(view.series("updateRatio").flatMap(({ value }) => (timesAbove(value, limits.largestUpdate) >= 0 ? [value] : [])));
  return {
    ...held,
    evidence: { updateRatio: ratio },
    explanation: `Each step moves the weights by ${shown(100 * ratio)} % of their size: what they learned is overwritten before it can be used.`,
  };
}

/** A loss that leaps far above where it began, again and again. */
function spikes(view: RunView): Sign | undefined {
  const looks = view.together("lossMean", "lossMax").filter(({ step }) => step > 0);
  const began = looks[0]?.values[0];
  if (began === undefined) return undefined;
  const judged = looks.map(({ step, values: [, most] }): Judged & { most: number } => ({ step, most: most!, excess: timesAbove((most! - began) / Math.max(1, Math.abs(began)), limits.lossRise) }));
  const leaps = judged.filter(({ excess }) => excess >= 0);
  if (leaps.length < limits.spikes) return undefined;
  const hasRecovered = looks.at(-1)!.values[0]! < began - limits.recovery * Math.max(1, Math.abs(began));
  if (hasRecovered && view.lastStep - leaps.at(-1)!.step > 0.2 * view.totalSteps) return undefined;
  const held = lasting(leaps, { looks: limits.spikes }, view.totalSteps);
  if (held === undefined) return undefined;
  const most = Math.max(...leaps.map((leap) => leap.most));
  return {
    ...held,
    evidence: { lossAtFirst: began, lossMax: most, spikes: leaps.length },
    explanation: `The loss began at ${shown(began)} and leaps up to ${shown(most)}: steps overshoot the valley that they are to go down.`,
  };
}

/** A run that the trainer ended because its loss exploded, or that lost its numbers while its gradients grew. */
function divergence(view: RunView): Sign | undefined {
  if (view.failure === undefined) return undefined;
  const { step, failure } = view.failure;
  if (/Training diverged/.test(failure.message) && lostNumber(failure) === undefined) {
    return { ...certain(step, 3)!, evidence: { failure: failure.message }, explanation: "The loss climbed far above where it began and stayed there, so that training was ended." };
  }
  const growth = lostNumber(failure) === undefined ? NaN : gradientGrowth(view);
  const held = certain(step, timesAbove(growth, limits.gradientGrowth));
  if (held === undefined) return undefined;
  return { ...held, evidence: { gradientGrowth: growth, lost: lostNumber(failure)! }, explanation: `The norm of the gradients had grown ${shown(growth)} times when numbers were lost: the steps were too long.` };
}

const learningRateTooHigh: Rule = {
  name: "learning-rate-too-high",
  explains: [...collapses, "missing-stop-gradient", "not-finite", "bfloat16-overflow", "decoder-predicts-mean"],
  find(view) {
    const signs = [largeUpdates(view), spikes(view), divergence(view)].filter((sign) => sign !== undefined);
    const [best] = signs.sort((a, b) => b.confidence - a.confidence);
    if (best === undefined) return undefined;
    const ratio = medianOf(updatesNearPeak(view).map(({ value }) => value));
    // Without a measure of how much too high, a third is what one tries first.
    const factor = ratio > limits.rightUpdate ? Math.min(1 / 3, Math.max(0.001, limits.rightUpdate / ratio)) : 1 / 3;
    return {
      step: Math.min(...signs.map((sign) => sign.step)),
      confidence: best.confidence,
      evidence: { ...Object.fromEntries(signs.flatMap((sign) => Object.entries(sign.evidence))), learningRate: view.run.facts.optimizer.learningRate },
      explanation: best.explanation,
      ...withClipping(view, factor),
    };
  },
};

function withClipping(view: RunView, factor: number): ReturnType<typeof learningRateTimes> {
  const { advice, ...rest } = learningRateTimes(view, factor);
  const isClipped = (view.run.facts.optimizer.clipNorm ?? 0) > 0;
  return { advice: isClipped ? advice : `${advice} Clipping helps against single spikes: --set optimizer.clipNorm=3.`, ...rest };
}

/** A warm-up that is not over when the run is: the rate that was asked for is never reached. */
function endlessWarmup(view: RunView): Finding | undefined {
  const { optimizer } = view.run.facts;
  const held = certain(0, timesAbove(view.warmupSteps / view.totalSteps, limits.warmup));
  // A trial of a few steps ends within any recipe's warm-up, and nothing is wrong with its rate.
  if (held === undefined || view.totalSteps < limits.trialSteps) return undefined;
  const right = Number((((optimizer.warmupEpochs ?? 0) * limits.rightWarmup * view.totalSteps) / view.warmupSteps).toPrecision(1));
  return {
    ...held,
    title: "The warm-up is longer than the run",
    evidence: { warmupSteps: view.warmupSteps, totalSteps: view.totalSteps, learningRate: optimizer.learningRate },
    explanation: `The warm-up is ${shown(view.warmupSteps)} steps long and the run ${shown(view.totalSteps)}: the learning rate is still rising when training ends, and never gets to what was asked for.`,
    ...change("optimizer.warmupEpochs", optimizer.warmupEpochs, right, ", a tenth of the run"),
  };
}

const learningRateTooLow: Rule = {
  name: "learning-rate-too-low",
  explains: ["decoder-predicts-mean", "uniform-output"],
  find(view) {
    const endless = endlessWarmup(view);
    // A warm-up that outlasts a short trial may climb too high all the same.
    if (endless !== undefined) return largeUpdates(view) === undefined && spikes(view) === undefined ? endless : undefined;
    const points = updatesNearPeak(view);
    const held = lasting(points.map(({ step, value }) => ({ step, excess: timesBelow(value * view.totalSteps, limits.reach) })), thresholds.patience, view.totalSteps);
    if (held === undefined) return undefined;
    const ratio = medianOf(points.map(({ value }) => value));
    const shift = view.last("featureShift");
    const factor = Math.min(1e5, Math.max(10, limits.rightUpdate / Math.max(ratio, 1e-12)));
    return {
      ...held,
      evidence: { updateRatio: ratio, reach: ratio * view.totalSteps, ...(shift === undefined ? {} : { featureShift: shift }), learningRate: view.run.facts.optimizer.learningRate },
      explanation: `A step moves the weights by ${shown(100 * ratio)} % of their size, all ${shown(view.totalSteps)} steps together by at most ${shown(100 * ratio * view.totalSteps)} %: the network stays what it was.`,
      ...learningRateTimes(view, factor),
    };
  },
};

/** The blocks' middle one of a number that is measured by part. */
const ofBlocks = (numbers: ReadonlyMap<string, number>, kind: string): number =>
  medianOf([...numbers].filter(([name]) => name.startsWith(`${kind}/blocks.`)).map(([, value]) => value));

/** Against a first layer that is pulled too hard: the first of what holds it back that the run does not have yet. */
function holdingBack(view: RunView): Advice {
  const { groups = [], clipNorm, clipMode } = view.run.facts.optimizer;
  const isFaster = ({ match, learningRateFactor = 1 }: (typeof groups)[number]): boolean => match.includes("patch_embed") && learningRateFactor > 1;
  if (groups.some(isFaster)) return change("optimizer.groups", groups, groups.map((group) => (isFaster(group) ? { ...group, learningRateFactor: 1 } : group)));
  if (view.option("freezePatchEmbedding") === false) return change("method.freezePatchEmbedding", false, true, ", which leaves it at its random start");
  const why = "so that this layer's gradient is shortened by itself";
  if ((clipNorm ?? 0) <= 0) return change("optimizer.clipNorm", clipNorm, 3, clipMode === "per-tensor" ? `, ${why}` : ` with --set optimizer.clipMode=per-tensor, ${why}`);
  return clipMode === "per-tensor" ? learningRateTimes(view, 1 / 3) : change("optimizer.clipMode", clipMode, "per-tensor", `, ${why}`);
}

const explodingPatchEmbedding: Rule = {
  name: "exploding-patch-embedding",
  explains: [...collapses, "missing-stop-gradient", "not-finite", "learning-rate-too-high"],
  find(view) {
    const judged = view.looks.flatMap(({ step, numbers }): (Judged & { gradient: number; update: number })[] => {
      const ratioOf = (kind: string): number => (numbers.get(`${kind}/patch_embed`) ?? NaN) / ofBlocks(numbers, kind);
      const [gradient, update] = [ratioOf("gradientNorm"), ratioOf("updateRatio")];
      if (Number.isNaN(gradient) && Number.isNaN(update)) return [];
      return [{ step, gradient, update, excess: Math.max(timesAbove(gradient, thresholds.patchEmbedding.gradient), timesAbove(update, thresholds.patchEmbedding.update)) }];
    });
    const held = lasting(judged, thresholds.shortPatience, view.totalSteps);
    if (held === undefined) return undefined;
    const { gradient, update } = judged.at(-1)!;
    const deviation = view.first("imageDeviation");
    const isScale = deviation !== undefined && deviation > thresholds.patchEmbedding.pixels;
    return {
      ...held,
      evidence: {
        ...(Number.isNaN(gradient) ? {} : { patchGradientRatio: gradient }),
        ...(Number.isNaN(update) ? {} : { patchUpdateRatio: update }),
        ...(deviation === undefined ? {} : { imageDeviation: deviation }),
      },
      explanation: isScale
        ? `Pixels reach the network with a deviation of ${shown(deviation)} in place of about 1, and the gradient of the first layer grows with them.`
        : "The first layer is pulled far harder than the blocks behind it: spikes of the loss start there (MoCo v3, Section 4).",
      ...(isScale
        ? { advice: `Normalise the images by their own statistics: --set views.mean=[…] views.std=[…], std about ${shown(deviation)} times what it is (ssl-vit data inspect shows both).` }
        : holdingBack(view)),
    };
  },
};

export const rateRules: readonly Rule[] = [learningRateTooHigh, learningRateTooLow, explodingPatchEmbedding];
