import koffi from "koffi";

/**
 * Runs a call of which nobody knows whether it comes back, as the main thread cannot look at the time meanwhile: after so many seconds the system ends the
 * process (SIGALRM). Where the system has no alarm the call has no bound.
 */
export function withAlarm(seconds: number, call: () => void): void {
  let alarm: (seconds: number) => number = () => 0;
  try {
    alarm = koffi.load(null).func("alarm", "uint", ["uint"]) as typeof alarm;
  } catch {
    // Windows has none.
  }
  alarm(seconds);
  call();
  alarm(0);
}
