import { below, heldOnce, type Judged, lasting, medianOf, timesBelow } from "./evidence.js";
import { collapses, type Rule } from "./rule.js";
import type { RunView } from "./run-view.js";
import { change, optionOf, shown } from "./settings.js";
import { thresholds } from "./thresholds.js";

const limits = thresholds.teacher;

/** A momentum that renews the teacher ten times within the run, and is none that no recipe has. */
const rightMomentum = (steps: number): number => Number((1 - Math.min(0.03, Math.max(0.004, 10 / steps))).toFixed(3));

const adviceFor = (view: RunView, right: number) => {
  const own = optionOf(view, "teacherMomentum");
  return own === undefined
    ? { advice: `Keep a share of about ${right} of the teacher at each step.` }
    : change(own.option, own.value, right, `, for a run of ${shown(view.totalSteps)} steps`);
};

const teacherFrozen: Rule = {
  name: "teacher-frozen",
  explains: collapses,
  find(view) {
    const points = view.series("teacherMomentum").filter(({ step }) => step <= (1 - limits.lastShare) * view.totalSteps);
    const judged = points.map(({ step, value }): Judged => ({ step, excess: timesBelow((1 - value) * view.totalSteps, limits.renewals) }));
    // A schedule that gets to 1 is no standstill: it stands still from the first step, or moved.
    if (judged.some(({ excess }) => excess < 0)) return undefined;
    const held = lasting(judged, { looks: thresholds.patience.looks, share: limits.firstShare }, view.totalSteps);
    if (held === undefined) return undefined;
    const [momentum, distance] = [points.at(-1)!.value, view.last("teacherDistance")];
    return {
      ...held,
      evidence: { teacherMomentum: momentum, renewals: (1 - momentum) * view.totalSteps, ...(distance === undefined ? {} : { teacherDistance: distance }) },
      explanation: "The teacher stays at the weights that it began with: the student learns to repeat a network that never gets better.",
      ...adviceFor(view, rightMomentum(view.totalSteps)),
    };
  },
};

const teacherEqualsStudent: Rule = {
  name: "teacher-equals-student",
  explains: [...collapses, "missing-stop-gradient"],
  find(view) {
    const judged = view.series("teacherMomentum").map(({ step, value }): Judged => ({ step, excess: below(value, limits.leastMomentum) }));
    // A schedule from a low momentum to 1 is at 1 in the end, but did its harm before.
    const held =
      lasting(judged, { looks: thresholds.shortPatience.looks, share: limits.firstShare }, view.totalSteps) ??
      heldOnce(judged, { looks: thresholds.patience.looks, share: limits.lowShare }, view.totalSteps);
    if (held === undefined) return undefined;
    const low = view.series("teacherMomentum").filter(({ step, value }) => step >= held.step && value < limits.leastMomentum.at);
    const [momentum, distance] = [medianOf(low.map(({ value }) => value)), view.last("teacherDistance")];
    const steps = 1 / Math.max(1e-3, 1 - momentum);
    return {
      ...held,
      evidence: { teacherMomentum: momentum, ...(distance === undefined ? {} : { teacherDistance: distance }) },
      explanation: `The teacher takes over the student within ${steps < 1.5 ? "a step" : `${shown(steps)} steps`}: its targets are the student's own answers, which nothing holds up.`,
      ...adviceFor(view, rightMomentum(view.totalSteps)),
    };
  },
};

export const teacherRules: readonly Rule[] = [teacherEqualsStudent, teacherFrozen];
