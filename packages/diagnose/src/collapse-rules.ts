import { below, type Judged, lasting, medianOf, timesBelow } from "./evidence.js";
import type { Rule } from "./rule.js";
import type { RunView } from "./run-view.js";
import { type Advice, change, learningRateTimes, optionOf, shown } from "./settings.js";
import type { SignalPoint } from "./signal-series.js";
import { thresholds } from "./thresholds.js";

const limits = thresholds.collapse;

/** Options that keep embeddings apart, with their published values. */
const guards: readonly (readonly [name: string, published: number])[] = [
  ["varianceWeight", 25],
  ["covarianceWeight", 1],
  ["redundancyWeight", 0.0051],
  ["sigregWeight", 0.05],
  ["meanEntropyWeight", 1],
  ["sinkhornIterations", 3],
];

/** What to do where no cause is known: put back what was switched off against it; otherwise a gentler rate. */
export function againstCollapse(view: RunView): Advice {
  const off = guards.find(([name, published]) => {
    const value = view.option(name);
    return typeof value === "number" && value < published / 100;
  });
  if (off !== undefined) return change(`method.${off[0]}`, view.option(off[0]), off[1], ", the term that keeps embeddings apart");
  const center = optionOf(view, "centerMomentum");
  if (typeof center?.value === "number" && center.value > 0.99) return change(center.option, center.value, 0.9, ", so that the center follows the teacher's scores");
  const { advice, change: lower } = learningRateTimes(view, 1 / 3);
  return { advice: `${advice} If it collapses again, look at the augmentations: views must differ, and still show the same thing.`, ...(lower === undefined ? {} : { change: lower }) };
}

/** A number that is small and on its way up has not collapsed; noise far below the limit is no way up. */
const isGrowing = (points: readonly SignalPoint[], from: number, limit: number): boolean => {
  const values = points.filter(({ step }) => step >= from).map(({ value }) => value);
  const [first, last] = [values[0] ?? 0, values.at(-1) ?? 0];
  return last > limit / 4 && last > first * thresholds.growth;
};

/** Whether a method has nothing but its loss to keep embeddings apart: no alternatives to choose from, and no patches of a teacher to predict. */
const lossAloneSpreads = (view: RunView): boolean => view.last("alternatives") === undefined && view.last("featureErrorShare") === undefined;

/** How far a deviation has come together since the first look, while the loss got ever better: a collapse on its way. */
function comingTogether(view: RunView, name: string, aboveBest: ReadonlyMap<number, number>): (step: number, value: number) => number {
  const first = view.first(name);
  return (step, value) => {
    const loss = aboveBest.get(step);
    return first === undefined || first === 0 || loss === undefined || !lossAloneSpreads(view) ? -1 : Math.min(timesBelow(value / first, limits.shrinking), below(loss, limits.fromBestLoss));
  };
}

/** Embeddings, or the encoder's features where a method has none. */
const deviationOf = (view: RunView) =>
  view.series("embeddingDeviation").length > 0
    ? ({ name: "embeddingDeviation", limit: limits.embeddingDeviation } as const)
    : ({ name: "featureDeviation", limit: limits.featureDeviation } as const);

const collapseToPoint: Rule = {
  name: "collapse-to-point",
  explains: [],
  find(view) {
    const { name, limit } = deviationOf(view);
    const points = view.series(name);
    // Features come together in healthy runs too: of them only the point itself counts.
    const shrinks = name === "embeddingDeviation" ? comingTogether(view, name, lossAboveBest(view)) : () => -1;
    const held = lasting(points.map(({ step, value }) => ({ step, excess: Math.max(timesBelow(value, limit), shrinks(step, value)) })), thresholds.patience, view.totalSteps);
    if (held === undefined || isGrowing(points, held.step, limit.at)) return undefined;
    const cosine = view.last(name === "embeddingDeviation" ? "meanCosine" : "featureMeanCosine");
    return {
      ...held,
      evidence: { [name]: view.last(name)!, [`first/${name}`]: points[0]!.value, ...(cosine === undefined ? {} : { meanCosine: cosine }) },
      explanation:
        view.last(name)! < limit.at
          ? "Whatever the image, the network answers the same: the loss can be at its best that way, and the features tell nothing apart."
          : "Embeddings of different images come together as the loss gets better: they are on their way to one point, where it is at its best and nothing is told apart.",
      ...againstCollapse(view),
    };
  },
};

const dimensionalCollapse: Rule = {
  name: "dimensional-collapse",
  explains: [],
  find(view) {
    const looks = view.together("rankMe", "rankShare");
    const isSpreadByLoss = lossAloneSpreads(view) && view.last("targetDeviation") === undefined;
    const chooses = view.last("alternatives") !== undefined;
    const isPoint = (step: number): boolean => {
      const deviation = view.at("embeddingDeviation", step);
      return deviation !== undefined && deviation < limits.embeddingDeviation.at;
    };
    const judged = looks.map(({ step, values: [rank, share] }): Judged => {
      const at = Math.max(limits.leastRank / (rank! / share!), limits.rankShare.at);
      // Only a loss of its own keeps dimensions from repeating each other; with targets or alternatives a rank that falls may be well.
      const lost = isSpreadByLoss ? timesBelow(share! / looks[0]!.values[1]!, limits.rankLeft) : -1;
      // A head that scores prototypes may keep to few directions while the encoder behind it uses many: it is the encoder that would be lost.
      const ofEncoder = chooses ? timesBelow(view.at("featureRankShare", step) ?? share!, limits.rankShare) : Infinity;
      return { step, excess: isPoint(step) ? -1 : Math.max(lost, Math.min(ofEncoder, timesBelow(share!, { ...limits.rankShare, at }))) };
    });
    const held = lasting(judged, thresholds.patience, view.totalSteps);
    if (held === undefined || isGrowing(view.series("rankMe"), held.step, limits.leastRank)) return undefined;
    const [rank, share] = [view.last("rankMe")!, view.last("rankShare")!];
    return {
      ...held,
      evidence: { rankMe: rank, "first/rankMe": view.first("rankMe")!, rankShare: share, possibleRank: Math.round(rank / share) },
      explanation: `The embeddings differ, but along about ${shown(rank)} directions of ${shown(Math.round(rank / share))} that they could have: most dimensions repeat the others or stand still.`,
      ...againstCollapse(view),
    };
  },
};

/** How far above its best the loss is at each step, as a share of its fall so far. */
function lossAboveBest(view: RunView): ReadonlyMap<number, number> {
  const losses = view.series(view.last("lossMean") === undefined ? "loss" : "lossMean");
  let [least, most] = [Infinity, losses[0]?.value ?? NaN];
  return new Map(
    losses.map(({ step, value }) => {
      [least, most] = [Math.min(least, value), Math.max(most, value)];
      return [step, (value - least) / Math.max(most - least, 1e-6)];
    }),
  );
}

/** Whether a teacher follows the student as recipes have it. */
function movesAsUsual(view: RunView): boolean {
  const points = view.series("teacherMomentum");
  const isUsual = ({ value }: SignalPoint): boolean => value >= thresholds.teacher.leastMomentum.at && (1 - value) * view.totalSteps >= thresholds.teacher.renewals.at;
  return points.length > 0 && isUsual({ step: 0, value: medianOf(points.map(({ value }) => value)) });
}

/**
 * A collapse that the loss itself wants: the targets come from the trained network, and follow it. No gradient is measured, so this is what is likeliest
 * of a few, and never sure. Where a teacher moves as usual, targets should not follow: only a collapse from the start is taken for it, with less confidence.
 */
const missingStopGradient: Rule = {
  name: "missing-stop-gradient",
  explains: ["collapse-to-point", "dimensional-collapse"],
  find(view) {
    const has = (name: string): boolean => view.last(name) !== undefined;
    // What chooses between alternatives, or predicts a teacher's patches, collapses for other reasons too.
    if (!has("targetDeviation") || has("alternatives") || has("featureErrorShare") || has("teacherTemperature")) return undefined;
    const hasTeacher = has("teacherDistance") || has("teacherMomentum");
    if (hasTeacher && !movesAsUsual(view)) return undefined;
    const aboveBest = lossAboveBest(view);
    const [embeddings, targets] = [comingTogether(view, "embeddingDeviation", aboveBest), comingTogether(view, "targetDeviation", aboveBest)];
    const judged = view.together("embeddingDeviation", "targetDeviation").flatMap(({ step, values: [embedding, target] }): Judged[] => {
      const loss = aboveBest.get(step);
      if (loss === undefined) return [];
      const inPoint = Math.min(timesBelow(Math.max(embedding!, target!), limits.embeddingDeviation), below(loss, limits.fromBestLoss));
      return [{ step, excess: Math.max(inPoint, Math.min(embeddings(step, embedding!), targets(step, target!))) }];
    });
    const held = lasting(judged, thresholds.patience, view.totalSteps);
    if (held === undefined || (hasTeacher && held.step > limits.earlyShare * view.totalSteps)) return undefined;
    const momentum = view.last("teacherMomentum");
    return {
      step: held.step,
      confidence: Math.min(held.confidence, hasTeacher ? limits.mostSureWithTeacher : limits.mostSure),
      evidence: {
        embeddingDeviation: view.last("embeddingDeviation")!,
        "first/embeddingDeviation": view.first("embeddingDeviation")!,
        targetDeviation: view.last("targetDeviation")!,
        loss: view.last("lossMean") ?? view.last("loss")!,
        ...(momentum === undefined ? {} : { teacherMomentum: momentum }),
      },
      explanation: `Embeddings and targets came together while the loss only improved${hasTeacher ? ", although the teacher moves as usual" : ", and there is no teacher that moves"}: the gradient flows into the targets, or the predictor does not work, or the learning rate is too high for it. No signal tells these apart.`,
      advice: `See first that the targets are out of the gradient (withoutGradient of @ssl-vit/core around what makes them)${hasTeacher ? " and are the teacher's" : ""}, then that the predictor is there and trained; if both are so: ${lowered(view)}`,
    };
  },
};

/** Advice to lower the rate, within a sentence. */
const lowered = (view: RunView): string => learningRateTimes(view, 1 / 3).advice.replace(/^./, (letter) => letter.toLowerCase());

export const collapseRules: readonly Rule[] = [missingStopGradient, collapseToPoint, dimensionalCollapse];

