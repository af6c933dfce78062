import type { Diagnosis } from "@ssl-vit/core";
import { collapseRules } from "./collapse-rules.js";
import { dataRules } from "./data-rules.js";
import { diagnosisPages } from "./diagnosis-pages.js";
import { evaluationRules } from "./evaluation-rules.js";
import { maskingRules } from "./masking-rules.js";
import { numberRules } from "./number-rules.js";
import { prototypeRules } from "./prototype-rules.js";
import { rateRules } from "./rate-rules.js";
import type { Rule } from "./rule.js";
import type { RunSignals } from "./run-signals.js";
import { viewOf } from "./run-view.js";
import { teacherRules } from "./teacher-rules.js";
import { viewRules } from "./view-rules.js";

const rules: readonly Rule[] = [
  ...dataRules,
  ...viewRules,
  ...teacherRules,
  ...prototypeRules,
  ...rateRules,
  ...maskingRules,
  ...numberRules,
  ...evaluationRules,
  ...collapseRules,
];

interface Found {
  readonly rule: Rule;
  readonly diagnosis: Diagnosis;
}

/** Causes first, then the likeliest: each stands behind those that lead to it. */
function inOrder(found: readonly Found[]): readonly Diagnosis[] {
  const likeliest = [...found].sort((a, b) => b.diagnosis.confidence - a.diagnosis.confidence);
  const placed = new Set<Found>();
  const begun = new Set<Found>();
  const place = (one: Found): void => {
    if (begun.has(one)) return;
    begun.add(one);
    for (const other of likeliest) if (other.rule.explains.includes(one.rule.name)) place(other);
    placed.add(one);
  };
  likeliest.forEach(place);
  return [...placed].map(({ diagnosis }) => diagnosis);
}

/**
 * Names what is wrong with a run, as far as it got. Pure: the same run gives the same diagnoses, and is not changed. No rule knows a method by its
 * name: each looks at the signals and options that are there, and is silent where they are not.
 *
 * @returns diagnoses with a confidence of 1/2 and more: causes before what they lead to, then the likeliest first (a learning rate that is too high before the
 *   collapse that it made); none for a run that is well, or that is too young to tell
 */
export function diagnose(run: RunSignals): readonly Diagnosis[] {
  const view = viewOf(run);
  const found = rules.flatMap((rule): Found[] => {
    const finding = rule.find(view);
    if (finding === undefined || !(finding.confidence >= 0.5)) return [];
    // A run without its configuration has no learning rate to show.
    const evidence = Object.fromEntries(Object.entries(finding.evidence).filter(([, value]) => typeof value === "string" || Number.isFinite(value)));
    return [{ rule, diagnosis: { name: rule.name, title: diagnosisPages[rule.name].title, ...finding, evidence } }];
  });
  return inOrder(found);
}
