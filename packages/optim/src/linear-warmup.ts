import { linear } from "./linear.js";
import type { SavedSchedule } from "./saved-schedule.js";

/** From one value to another within the first epochs, then constant (DINO's teacher temperature). */
export function linearWarmup({ from, to, epochs }: { readonly from: number; readonly to: number; readonly epochs: number }): SavedSchedule {
  return linear({ from, to, epochs });
}
