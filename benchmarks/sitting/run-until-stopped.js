/** @param {string} text */
export const say = (text) => process.stderr.write(`${text}\n`);

/** A program that starts the benchmark (`pnpm run`) passes Ctrl-C on, milliseconds after the terminal's own SIGINT: signals so soon after the first are the same wish. */
const SAME_WISH_MS = 1000;

/**
 * Does a benchmark's work until it is done or the user stops it: the first signal asks it to end, a second one ends the process. Says what failed, and sets the exit code:
 * 130 after a stop, 1 after a failure.
 *
 * @param {string} out where the work keeps what it has measured, for the message
 * @param {(signal: AbortSignal) => Promise<void>} work
 */
export async function runUntilStopped(out, work) {
  const stopped = new AbortController();
  let stoppedAt = 0;
  for (const name of ["SIGINT", "SIGTERM"]) {
    process.on(name, () => {
      if (!stopped.signal.aborted) {
        stoppedAt = performance.now();
        stopped.abort();
      } else if (performance.now() - stoppedAt >= SAME_WISH_MS) process.exit(130);
    });
  }
  try {
    await work(stopped.signal);
  } catch (error) {
    if (stopped.signal.aborted) say(`Stopped. What is done is kept in ${out}, and --resume goes on.`);
    else say(error instanceof Error ? error.message : String(error));
    process.exitCode = stopped.signal.aborted ? 130 : 1;
  }
}
