/** @param {string} text */
export const say = (text) => process.stderr.write(`${text}\n`);

/**
 * Does a benchmark's work until it is done or the user stops it: the first signal asks it to end, a second one ends the process. Says what failed, and sets the exit code:
 * 130 after a stop, 1 after a failure.
 *
 * @param {string} out where the work keeps what it has measured, for the message
 * @param {(signal: AbortSignal) => Promise<void>} work
 */
export async function runUntilStopped(out, work) {
  const stopped = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"]) {
    process.on(name, () => {
      if (stopped.signal.aborted) process.exit(130);
      stopped.abort();
    });
  }
  try {
    await work(stopped.signal);
  } catch (error) {
    if (stopped.signal.aborted) say(`Stopped. Measurements taken are kept in ${out}; with any there, --resume goes on.`);
    else say(error instanceof Error ? error.message : String(error));
    process.exitCode = stopped.signal.aborted ? 130 : 1;
  }
}
