import { assertNumber } from "./assert-number.js";
import { type SavedSchedule, savedSchedule } from "./saved-schedule.js";

/** The same value all the time. */
export function constant(value: number): SavedSchedule {
  assertNumber("constant.value", value);
  return savedSchedule("constant", { value }, () => value);
}
