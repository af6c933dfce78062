import { stopOnSignals } from "./stop-on-signals.js";

/**
 * Does work that SIGINT and SIGTERM ask to stop: the exit code is then the signal's, whatever the work comes to.
 *
 * @param onFirst as of `stopOnSignals`
 */
export async function stoppable<T>(onFirst: (name: string) => void, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const stop = stopOnSignals(onFirst);
  try {
    return await work(stop.signal);
  } finally {
    stop.release();
    const code = stop.exitCode();
    if (code !== undefined) process.exitCode = code;
  }
}
