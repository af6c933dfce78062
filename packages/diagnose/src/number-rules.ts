import { certain, timesBelow } from "./evidence.js";
import { gradientGrowth, lostNumber } from "./lost-numbers.js";
import type { Rule } from "./rule.js";
import { change, learningRateTimes, shown } from "./settings.js";
import { thresholds } from "./thresholds.js";

const bfloat16Overflow: Rule = {
  name: "bfloat16-overflow",
  explains: ["not-finite"],
  find(view) {
    const { precision } = view.run;
    if (view.failure === undefined || precision === undefined || !/bf(loat)?16/i.test(precision)) return undefined;
    const lost = lostNumber(view.failure.failure);
    if (lost === undefined) return undefined;
    const growth = gradientGrowth(view);
    // Gradients that grew are a matter of the rate, whatever the precision; of a run that ended at once nothing is known but its precision.
    const held = certain(view.failure.step, Number.isNaN(growth) ? thresholds.numbers.unknownGrowth : timesBelow(growth, thresholds.numbers.ordinaryGrowth));
    if (held === undefined) return undefined;
    return {
      ...held,
      evidence: { precision, lost, ...(Number.isNaN(growth) ? {} : { gradientGrowth: growth }) },
      explanation: `The ${lost} was no number any more, although gradients were as usual (${Number.isNaN(growth) ? "as far as was measured" : `${shown(growth)} times the middle one`}): three digits of a bfloat16 are too few for a difference, a quotient or a logarithm in this run.`,
      ...change("precision", precision, "float32"),
    };
  },
};

const notFinite: Rule = {
  name: "not-finite",
  explains: [],
  find(view) {
    if (view.failure === undefined) return undefined;
    const { step, failure } = view.failure;
    const lost = lostNumber(failure);
    if (lost === undefined) return undefined;
    const origin = failure.origin ?? /the first tensor that is not finite is (.+?)\. [A-Z]/.exec(failure.message)?.[1];
    const { advice, change: lower } = learningRateTimes(view, 1 / 3);
    const isData = origin?.startsWith("view ") === true;
    return {
      ...certain(step, thresholds.numbers.certain)!,
      evidence: { lost, ...(origin === undefined ? {} : { origin }) },
      explanation: `The ${lost} was NaN or infinite after step ${step}${origin === undefined ? "" : `; the first tensor with such a value is ${origin}`}.`,
      ...(isData
        ? { advice: "The images themselves hold such values, or are divided by 0: look at views.std and at the files (ssl-vit data inspect)." }
        : { advice: `${advice} Add clipping (--set optimizer.clipNorm=3) or a longer warm-up (--set optimizer.warmupEpochs=…); what was saved before is intact.`, ...(lower === undefined ? {} : { change: lower }) }),
    };
  },
};

export const numberRules: readonly Rule[] = [bfloat16Overflow, notFinite];
