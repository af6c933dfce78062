import { above, certain, medianOf, timesAbove } from "./evidence.js";
import type { Rule } from "./rule.js";
import { percent, shown } from "./settings.js";
import { thresholds } from "./thresholds.js";

const limits = thresholds.evaluation;

const preprocessingDiffers: Rule = {
  name: "preprocessing-differs",
  explains: ["poor-transfer"],
  find(view) {
    const trained = [view.first("imageMean"), view.first("imageDeviation")] as const;
    const [evaluated] = view.together("evaluation/imageMean", "evaluation/imageDeviation");
    const [mean, deviation] = trained;
    if (mean === undefined || deviation === undefined || evaluated === undefined) return undefined;
    const [otherMean, otherDeviation] = evaluated.values as [number, number];
    const shift = Math.abs(mean - otherMean) / deviation;
    const ratio = Math.max(deviation / otherDeviation, otherDeviation / deviation);
    const held = certain(evaluated.step, Math.max(above(shift, limits.meanShift), timesAbove(ratio, limits.deviationRatio)));
    if (held === undefined) return undefined;
    const { mean: means, std } = view.run.facts.views.normalize;
    return {
      ...held,
      evidence: { imageMean: mean, imageDeviation: deviation, evaluationMean: otherMean, evaluationDeviation: otherDeviation },
      explanation: `The same images have a mean of ${shown(mean)} and a deviation of ${shown(deviation)} in training, but ${shown(otherMean)} and ${shown(otherDeviation)} in evaluation: the network is judged on images such as it never saw.`,
      advice: `Evaluate with the run's own normalisation (mean ${JSON.stringify(means)}, std ${JSON.stringify(std)}, in config.resolved.json): ssl-vit takes it from --checkpoint; look for a range of 0 to 255 in place of 0 to 1, or another order of the channels, in code of your own.`,
    };
  },
};

/** Deviation of a series around its own course: of each value from the middle of its neighbours', whose variance is 1.5 of one value's. */
function scatterOf(values: readonly number[]): number {
  const bends = values.slice(1, -1).map((value, place) => value - (values[place]! + values[place + 2]!) / 2);
  return bends.length === 0 ? 0 : Math.sqrt(bends.reduce((sum, bend) => sum + bend * bend, 0) / bends.length / 1.5);
}

const poorTransfer: Rule = {
  name: "poor-transfer",
  explains: [],
  find(view) {
    const own = view.last("evaluation/knnTop1") === undefined ? "evaluation/linearTop1" : "evaluation/knnTop1";
    const looks = view.together(own, "evaluation/otherKnnTop1").map(({ step, values: [here, there] }) => ({ step, here: here!, there: there! }));
    if (looks.length < limits.fewest) return undefined;
    const middle = (some: readonly (typeof looks)[number][], of: "here" | "there"): number => medianOf(some.map((look) => look[of]));
    // The last third against the best three neighbours before it: one evaluation that was lucky is no best.
    const end = looks.slice(looks.length - Math.max(2, Math.ceil(looks.length / 3)));
    const before = looks.slice(0, looks.length - end.length);
    const best = before.slice(0, -2).map((_, place) => before.slice(place, place + 3)).reduce((most, three) => (middle(three, "there") > middle(most, "there") ? three : most));
    const [fall, rise] = [middle(best, "there") - middle(end, "there"), middle(end, "here") - middle(best, "here")];
    const scatter = Math.max(limits.leastScatter, scatterOf(looks.map(({ there }) => there)));
    // The largest of n thirds of noise grows with √(2 ln n).
    const least = Math.max(limits.fall.at, scatter * (limits.scatters + Math.sqrt(2 * Math.log(looks.length / 3))));
    const held = rise > limits.rise ? certain(end[0]!.step, above(fall, { ...limits.fall, at: least })) : undefined;
    if (held === undefined) return undefined;
    const bestStep = best[1]!.step;
    return {
      ...held,
      evidence: { ownAtBest: middle(best, "here"), own: middle(end, "here"), otherAtBest: middle(best, "there"), other: middle(end, "there"), otherScatter: scatter, bestStep },
      explanation: `Since about step ${bestStep} the accuracy on images of the training's own kind rose by ${percent(rise)}, that on the other kind fell by ${percent(fall)}: the features keep what this data set asks for, and lose the rest.`,
      advice: `For other images take a checkpoint near step ${bestStep}; train on images of more kinds, or for fewer --epochs. Stronger crops and color changes keep features general.`,
    };
  },
};

export const evaluationRules: readonly Rule[] = [preprocessingDiffers, poorTransfer];
