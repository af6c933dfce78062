import { above, below, heldOnce, type Judged, lasting, timesBelow } from "./evidence.js";
import { againstCollapse } from "./collapse-rules.js";
import { collapses, type Rule } from "./rule.js";
import type { RunView } from "./run-view.js";
import { type Advice, change, optionOf, percent, shown } from "./settings.js";
import { thresholds } from "./thresholds.js";

/** True where the alternatives are the images of the batch: the right one is known. */
const areImages = (view: RunView): boolean => view.last("choiceShare") !== undefined;

/** Alternatives of the run: among images they are more than the probe has, where the run's batch is larger. */
function alternativesOf(view: RunView, measured: number): number {
  const { batchSize } = view.run.facts;
  return areImages(view) && Number.isFinite(batchSize) ? Math.max(measured, batchSize) : measured;
}

/** Evidence among few alternatives counts for less: their entropies are of few numbers. */
const weighed = (alternatives: number, excess: number): number =>
  alternatives < thresholds.prototypes.fewest ? -1 : excess * Math.min(1, Math.log(alternatives) / Math.log(thresholds.temperature.sureAlternatives));

const uniformOutput: Rule = {
  name: "uniform-output",
  // The same state, seen at the loss as well: it is what users see of it.
  explains: ["collapse-to-point"],
  find(view) {
    const limits = thresholds.uniform;
    const loss = view.last("lossMean") === undefined ? "loss" : "lossMean";
    const temperature = view.last("studentTemperature") ?? NaN;
    const told = areImages(view) ? "scoreSpread" : "studentEntropy";
    const informs = (value: number): number =>
      told === "studentEntropy" ? timesBelow(1 - value, limits.missingEntropy) : timesBelow(value / temperature, limits.relativeSpread);
    const hasLoss = view.last("uninformedLoss") !== undefined;
    const judged = hasLoss
      ? view.together(loss, "uninformedLoss", told).map(
          ({ step, values: [mean, uninformed, number] }): Judged => ({
            step,
            excess: Math.min(timesBelow(Math.abs(mean! - uninformed!) / uninformed!, limits.lossGap), informs(number!)),
          }),
        )
      : areImages(view)
        ? []
        : bySpread(view);
    const held = lasting(judged, thresholds.patience, view.totalSteps);
    if (held === undefined) return undefined;
    const spreads = view.series("scoreSpread").filter(({ step }) => step >= held.step);
    const [first, last] = [spreads[0]?.value, spreads.at(-1)?.value];
    // Scores that begin to tell images apart break the symmetry soon: every healthy run with prototypes comes this way.
    if (first !== undefined && last! > thresholds.growth * first && last! > limits.spread.at / 4) return undefined;
    const [mean, uninformed, alternatives] = [view.last(loss), view.last("uninformedLoss"), view.last("alternatives")];
    return {
      ...held,
      evidence: {
        ...(mean === undefined ? {} : { [loss]: mean }),
        ...(uninformed === undefined ? {} : { uninformedLoss: uninformed }),
        ...(alternatives === undefined ? {} : { alternatives }),
        ...(view.last("studentEntropy") === undefined ? {} : { studentEntropy: view.last("studentEntropy")! }),
        ...(hasLoss || view.last("teacherEntropy") === undefined ? {} : { teacherEntropy: view.last("teacherEntropy")! }),
        ...(last === undefined ? {} : { scoreSpread: last }),
        ...(view.last("choiceShare") === undefined ? {} : { choiceShare: view.last("choiceShare")! }),
      },
      explanation:
        mean === undefined || uninformed === undefined
          ? "Student and teacher give every alternative the same probability, and their scores hardly differ from image to image: the network says nothing of its images."
          : `The loss stays at ${shown(mean, 5)}, that of an output which gives every alternative the same probability (${shown(uninformed, 5)}): the network says nothing of its images.`,
      ...sharper(view),
    };
  },
};

/** Without a loss to compare with, as of losses that have further terms: both sides say nothing, and scores are too near each other to. */
const bySpread = (view: RunView): readonly Judged[] =>
  view.together("studentEntropy", "teacherEntropy", "scoreSpread", "studentTemperature").map(({ step, values: [student, teacher, spread, temperature] }) => {
    const { missingEntropy, relativeSpread } = thresholds.uniform;
    return { step, excess: Math.min(timesBelow(1 - Math.min(student!, teacher!), missingEntropy), timesBelow(spread! / temperature!, relativeSpread)) };
  });

/** Against an output that is uniform for no reason that is known. */
function sharper(view: RunView): Advice {
  const teacher = optionOf(view, "teacherTemperature");
  const now = view.last("teacherTemperature");
  if (teacher !== undefined && now !== undefined && now > 0.04) return change(teacher.option, teacher.value, 0.04, ": a sharper target breaks the tie");
  return againstCollapse(view);
}

const onePrototype: Rule = {
  name: "one-prototype",
  explains: ["dimensional-collapse"],
  find(view) {
    if (areImages(view)) return undefined;
    const limits = thresholds.prototypes;
    // Targets that are shared out by force (Sinkhorn-Knopp) use all prototypes whatever the scores say: the student's count as well.
    const usages = ["teacherUsage", "studentUsage"] as const;
    const narrowing = narrowingOf(view);
    const judged = view.together("alternatives").flatMap(({ step, values: [alternatives] }): Judged[] => {
      const used = usages.flatMap((name) => view.at(name, step) ?? []);
      const at = Math.max(limits.leastUsage, Math.min(limits.usage.at, limits.usedShare * alternatives!));
      return used.length === 0 ? [] : [{ step, excess: alternatives! < limits.fewest ? -1 : Math.max(narrowing.get(step) ?? -1, timesBelow(Math.min(...used), { ...limits.usage, at })) }];
    });
    const held = lasting(judged, thresholds.patience, view.totalSteps);
    if (held === undefined) return undefined;
    const name = (view.last("studentUsage") ?? Infinity) < (view.last("teacherUsage") ?? Infinity) ? "studentUsage" : "teacherUsage";
    const [usage, alternatives] = [view.last(name)!, view.last("alternatives")!];
    return {
      ...held,
      evidence: { [name]: usage, alternatives, ...(view.last("teacherEntropy") === undefined ? {} : { teacherEntropy: view.last("teacherEntropy")! }) },
      explanation: `Of ${shown(alternatives)} prototypes ${shown(usage)} are used${usage > limits.usage.at ? ", fewer and fewer, and the choice among them tells less and less of an image: in the end" : ":"} all images get the same one, which is a target without content.`,
      ...spreading(view),
    };
  },
};

/**
 * Fewer and fewer prototypes, without telling more: what a choice tells of the image is the entropy of the mean minus the mean entropy. Where training goes
 * well answers get sharper and that grows; on the way to one prototype for all both entropies fall together.
 */
function narrowingOf(view: RunView): ReadonlyMap<number, number> {
  const side = view.last("teacherUsage") === undefined ? "student" : "teacher";
  const looks = view.together(`${side}Usage`, `${side}Entropy`, "alternatives").map(({ step, values: [usage, entropy, alternatives] }) => ({ step, usage: usage!, told: Math.log(usage!) - entropy! * Math.log(alternatives!) }));
  const { left, toldLeft } = thresholds.prototypes;
  const first = looks[0];
  if (first === undefined || !(first.told > 0)) return new Map();
  return new Map(looks.map(({ step, usage, told }) => [step, Math.min(timesBelow(usage / first.usage, left), below(told / first.told, toldLeft))]));
}

/** Against one prototype for all. */
function spreading(view: RunView): Advice {
  const temperature = optionOf(view, "teacherTemperature");
  const now = view.last("teacherTemperature");
  if (temperature !== undefined && now !== undefined && now < 0.03) return change(temperature.option, temperature.value, 0.04);
  return againstCollapse(view);
}

/** What right answers could take off ln K, as a share of it, when the right score is `reach` above the others. */
const possibleGain = (alternatives: number, temperature: number, reach: number): number =>
  1 - Math.log1p((alternatives - 1) * Math.exp(-reach / temperature)) / Math.log(alternatives);

const temperatureTooHigh: Rule = {
  name: "temperature-too-high",
  explains: collapses,
  find(view) {
    return softTarget(view) ?? softAnswer(view);
  },
};

/** A teacher that is less sure than the student. */
function softTarget(view: RunView): ReturnType<Rule["find"]> {
  const judged = view.together("teacherTemperature", "studentTemperature").map(
    ({ step, values: [teacher, student] }): Judged => ({ step, excess: above(teacher! / student!, thresholds.temperature.teacherToStudent) }),
  );
  const held = lasting(judged, thresholds.shortPatience, view.totalSteps);
  if (held === undefined) return undefined;
  const [teacher, student, entropy] = [view.last("teacherTemperature")!, view.last("studentTemperature")!, view.last("teacherEntropy")];
  const own = optionOf(view, "teacherTemperature", "sharpenTemperature", "epsilon");
  const right = own?.option === "method.sharpenTemperature" ? 0.25 : Number((student * (own?.option === "method.epsilon" ? 0.5 : 0.4)).toPrecision(2));
  return {
    ...held,
    evidence: { teacherTemperature: teacher, studentTemperature: student, ...(entropy === undefined ? {} : { teacherEntropy: entropy }) },
    explanation: `Targets are made with a temperature of ${shown(teacher)}, answers with ${shown(student)}: a target that is softer than the answer teaches to say less each time round, until all alternatives are equal.`,
    ...(own === undefined ? { advice: `Make the targets' temperature lower than the answers', about ${shown(right)}.` } : change(own.option, own.value, right, `, well below the student's ${shown(student)}`)),
  };
}

/** A student that cannot be sure, however well its scores tell images apart. */
function softAnswer(view: RunView): ReturnType<Rule["find"]> {
  const limit = areImages(view) ? thresholds.temperature.gainOfImages : thresholds.temperature.gainOfPrototypes;
  // Scores are cosines, mostly; those that reach farther do so by their spread.
  const judged = view.together("studentTemperature", "alternatives", "scoreSpread").map(({ step, values: [temperature, alternatives, spread] }) => {
    const gain = possibleGain(alternativesOf(view, alternatives!), temperature!, Math.max(1, 3 * spread!));
    return { step, gain, excess: weighed(alternatives!, below(gain, limit)) };
  });
  const held = lasting(judged, thresholds.shortPatience, view.totalSteps);
  const own = optionOf(view, "studentTemperature", "temperature");
  if (held === undefined) return undefined;
  const temperature = view.last("studentTemperature")!;
  const right = areImages(view) ? 0.2 : 0.1;
  return {
    ...held,
    evidence: {
      studentTemperature: temperature,
      alternatives: alternativesOf(view, view.last("alternatives")!),
      possibleGain: judged.at(-1)!.gain,
      scoreSpread: view.last("scoreSpread")!,
      ...(view.last("studentEntropy") === undefined ? {} : { studentEntropy: view.last("studentEntropy")! }),
    },
    explanation: `Divided by ${shown(temperature)}, even scores that are right for every image would take only ${percent(judged.at(-1)!.gain)} off the loss of a uniform output: there is little to learn.`,
    ...(own === undefined ? { advice: `Lower the temperature to about ${right}.` } : change(own.option, own.value, right, ` in place of ${shown(temperature)}`)),
  };
}

const temperatureTooLow: Rule = {
  name: "temperature-too-low",
  explains: [...collapses, "not-finite"],
  find(view) {
    const limits = thresholds.temperature;
    for (const [temperature, entropy] of [
      ["teacherTemperature", "teacherEntropy"],
      ["studentTemperature", "studentEntropy"],
    ] as const) {
      const judged = view.together(temperature, entropy, "alternatives").map(
        ({ step, values: [value, share, alternatives] }): Judged => ({
          step,
          excess: weighed(alternatives!, Math.min(timesBelow(value! * Math.log(alternativesOf(view, alternatives!)), limits.decisive), below(share!, limits.entropy))),
        }),
      );
      // Scores that it has driven together answer alike in the end, and then the entropy tells no more.
      const held = lasting(judged, thresholds.patience, view.totalSteps) ?? heldOnce(judged, { ...thresholds.patience, share: limits.stretch }, view.totalSteps);
      if (held === undefined) continue;
      const [value, alternatives, share] = [view.last(temperature)!, alternativesOf(view, view.last("alternatives")!), view.last(entropy)!];
      const isTeacher = temperature === "teacherTemperature";
      const own = isTeacher ? optionOf(view, "teacherTemperature", "sharpenTemperature", "epsilon") : optionOf(view, "studentTemperature", "temperature");
      const right = own?.option === "method.sharpenTemperature" ? 0.25 : isTeacher ? 0.04 : areImages(view) ? 0.2 : 0.1;
      return {
        ...held,
        evidence: {
          [temperature]: value,
          alternatives,
          [entropy]: share,
          ...(view.last("teacherUsage") === undefined ? {} : { teacherUsage: view.last("teacherUsage")! }),
          ...(view.last("choiceShare") === undefined ? {} : { choiceShare: view.last("choiceShare")! }),
          ...(view.last("teacherKl") === undefined ? {} : { teacherKl: view.last("teacherKl")! }),
        },
        explanation: `Two scores that differ by ${shown(value * Math.log(alternatives))} are certainty and nothing: ${isTeacher ? "targets" : "answers"} jump between alternatives by noise, and only the single hardest alternative gives a gradient.`,
        ...(own === undefined ? { advice: `Raise the temperature to about ${right}.` } : change(own.option, own.value, right, ` in place of ${shown(value)}`)),
      };
    }
    return undefined;
  },
};

export const prototypeRules: readonly Rule[] = [temperatureTooHigh, temperatureTooLow, onePrototype, uniformOutput];
