import { withoutAfterStep } from "./mistakes.js";

/** @typedef {import("./case.js").Case} Case */

/**
 * Teachers that never move, or that are the student; temperatures under which the loss says nothing.
 *
 * @type {readonly Case[]}
 */
export const teacherCases = [
  {
    ...{ name: "byol-momentum-1", method: "byol", half: "tuned", truth: "teacher-frozen", way: "momentum-1" },
    breaking: "teacherMomentum 1",
    options: { teacherMomentum: 1 },
  },
  {
    ...{ name: "ijepa-momentum-1", method: "ijepa", half: "held-out", truth: "teacher-frozen", way: "momentum-1" },
    breaking: "teacherMomentum 1",
    options: { teacherMomentum: 1 },
  },
  {
    ...{ name: "moco-teacher-forgotten", method: "moco", half: "held-out", truth: "teacher-frozen", way: "teacher-never-updated" },
    breaking: "the step after the update, which moves the teacher, is never called",
    mistake: withoutAfterStep,
  },
  {
    ...{ name: "data2vec-momentum-0", method: "data2vec", half: "tuned", truth: "teacher-equals-student", way: "momentum-0" },
    breaking: "teacherMomentum 0",
    options: { teacherMomentum: 0 },
  },
  {
    ...{ name: "simclr-temperature-20", method: "simclr", half: "tuned", truth: "temperature-too-high", way: "temperature-of-similarities-high" },
    breaking: "temperature 20 in place of 0.5",
    options: { temperature: 20 },
  },
  {
    ...{ name: "moco-temperature-10", method: "moco", half: "held-out", truth: "temperature-too-high", way: "temperature-of-similarities-high" },
    breaking: "temperature 10 in place of 0.2",
    options: { temperature: 10 },
  },
  {
    ...{ name: "ibot-teacher-temperature", method: "ibot", half: "tuned", truth: "temperature-too-high", way: "teacher-temperature-high" },
    breaking: "teacher's temperatures 0.4 in place of 0.04",
    options: { teacherTemperature: 0.4, patchTeacherTemperature: 0.4 },
  },
  {
    ...{ name: "simclr-temperature-0.002", method: "simclr", half: "tuned", truth: "temperature-too-low", way: "temperature-of-similarities-low" },
    breaking: "temperature 0.002 in place of 0.5",
    options: { temperature: 0.002 },
  },
  {
    ...{ name: "moco-temperature-0.002", method: "moco", half: "held-out", truth: "temperature-too-low", way: "temperature-of-similarities-low" },
    breaking: "temperature 0.002 in place of 0.2",
    options: { temperature: 0.002 },
  },
];
