import type { Diagnosis } from "@ssl-vit/core";
import { evidenceWords } from "./evidence-words.js";
import { shown } from "./settings.js";
import { sureness } from "./sureness.js";

/** Numbers that differ by little must be told apart: a loss and ln K. */
const valueOf = (value: number | string): string => (typeof value === "string" ? value : shown(value, Math.abs(value) >= 1 && Math.abs(value) < 100 ? 5 : 3));

/**
 * A diagnosis as one paragraph, for a log or a terminal: what, how sure, since when, the evidence in numbers, what it means and what to do.
 *
 * `"The teacher is the student (teacher-equals-student, 91 % sure, since step 0). Measured momentum of the teacher: 0. The teacher takes over …"`
 */
export function describeDiagnosis(diagnosis: Diagnosis): string {
  const { name, title, step, evidence, explanation, advice } = diagnosis;
  const told = Object.entries(evidence).map(([key, value]) => `${evidenceWords[key] ?? key}: ${valueOf(value)}`);
  const numbers = told.length === 0 ? [] : [`Evidence: ${told.join("; ")}.`];
  return [`${title} (${name}, ${sureness(diagnosis)} sure, since step ${step}).`, ...numbers, explanation, advice].join(" ");
}
