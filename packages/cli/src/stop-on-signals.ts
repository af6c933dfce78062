/** A wish to stop, and what the process exits with then. */
export interface StopRequest {
  /** Aborted by the first signal. */
  readonly signal: AbortSignal;
  /** 130 after SIGINT, 143 after SIGTERM, undefined without either. */
  exitCode(): number | undefined;
  /** Leaves signals to the process again. */
  release(): void;
}

/**
 * A program that starts the command (`pnpm exec`, `npx`) may pass Ctrl-C on as a SIGTERM, milliseconds after the terminal's own SIGINT: signals so soon
 * after the first are the same wish; the same signal twice is somebody who wants to leave.
 */
const SAME_WISH_MS = 1000;

/**
 * Asks to stop at the first SIGINT or SIGTERM; leaves at once at another.
 *
 * @param onFirst is told the signal's name
 * @param now milliseconds
 */
export function stopOnSignals(onFirst: (name: string) => void, now: () => number = () => performance.now()): StopRequest {
  const controller = new AbortController();
  let first: { readonly name: string; readonly code: number; readonly time: number } | undefined;
  const handlers = ([["SIGINT", 130], ["SIGTERM", 143]] as const).map(([name, code]) => {
    const handler = (): void => {
      if (first === undefined) {
        first = { name, code, time: now() };
        onFirst(name);
        controller.abort();
      } else if (name === first.name || now() - first.time >= SAME_WISH_MS) {
        process.exit(code);
      }
    };
    process.on(name, handler);
    return [name, handler] as const;
  });
  return {
    signal: controller.signal,
    exitCode: () => first?.code,
    release: () => {
      for (const [name, handler] of handlers) process.off(name, handler);
    },
  };
}
