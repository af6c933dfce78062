import { collapseCases } from "./collapse-cases.js";
import { dataCases } from "./data-cases.js";
import { evaluationCases } from "./evaluation-cases.js";
import { healthyCases } from "./healthy-cases.js";
import { maskCases } from "./mask-cases.js";
import { numberCases } from "./number-cases.js";
import { stepCases } from "./step-cases.js";
import { teacherCases } from "./teacher-cases.js";
import { threadCases } from "./thread-cases.js";
import { viewCases } from "./view-cases.js";

/**
 * All runs of the suite, each failure's beside one another.
 *
 * @type {readonly import("./case.js").Case[]}
 */
export const cases = [...collapseCases, ...teacherCases, ...threadCases, ...stepCases, ...maskCases, ...numberCases, ...viewCases, ...dataCases, ...evaluationCases, ...healthyCases];
