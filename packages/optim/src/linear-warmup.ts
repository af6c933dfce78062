import { linear, type LinearOptions } from "./linear.js";
import type { SavedSchedule } from "./saved-schedule.js";

/** From one value to another within the first epochs, then constant (DINO's teacher temperature). */
export function linearWarmup(options: Required<LinearOptions>): SavedSchedule {
  return linear(options);
}
