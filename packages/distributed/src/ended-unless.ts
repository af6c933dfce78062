import { Worker } from "node:worker_threads";

/** The code of the thread: it has nothing of ours, for it must run whatever the process has come to. */
const watcher = `
  const { writeSync } = require("node:fs");
  const { workerData: { milliseconds, message } } = require("node:worker_threads");
  setTimeout(() => {
    writeSync(2, message + "\\n");
    process.kill(process.pid, "SIGKILL");
  }, milliseconds);
`;

/**
 * Runs a call of MPI of which nobody knows whether it comes back, and in which the main thread cannot look at the time: another thread does, and ends the
 * process with a message when it is over.
 */
export function endedUnlessWithin<T>(milliseconds: number, message: string, call: () => T): T {
  const worker = new Worker(watcher, { eval: true, workerData: { milliseconds, message } });
  worker.unref();
  try {
    return call();
  } finally {
    void worker.terminate();
  }
}
