/**
 * Takes what is being done now: "ssl-vit pretrain, step 120 of 200".
 *
 * @typedef {(doing: string) => void} Tell
 */

/** Between two lines where they stay, as in a file or CI; a terminal's one line is written anew each second. */
const LINE_MS = 30_000;
const REWRITE_MS = 1000;

/** @param {number} seconds */
const duration = (seconds) => (seconds < 60 ? `${Math.floor(seconds)} s` : `${Math.floor(seconds / 60)} min ${String(Math.floor(seconds % 60)).padStart(2, "0")} s`);

/**
 * Does some work, and says meanwhile how far it is: `mae, seed 1: ssl-vit pretrain, step 120 of 200, loss 0.53, about 20 s left (34 s so far)`. On a terminal in one line, which is gone in the end.
 *
 * @template Result
 * @param {string} what the work's name
 * @param {(tell: Tell) => Promise<Result>} work
 * @param {{ write(text: string): unknown, isTTY?: boolean, columns?: number }} [stream]
 * @returns {Promise<Result>}
 */
export async function tellingProgress(what, work, stream = process.stderr) {
  const started = performance.now();
  const isTerminal = stream.isTTY === true;
  // Some terminals do not know their width, or say 0.
  const columns = stream.columns || 80;
  let doing = "";
  const show = () => {
    const text = `${what}: ${[...(doing === "" ? [] : [doing]), `(${duration((performance.now() - started) / 1000)} so far)`].join(" ")}`;
    // One that is broken into two would not be written over.
    stream.write(isTerminal ? `\r\u001B[K${text.slice(0, columns - 1)}` : `${text}\n`);
  };
  const timer = globalThis.setInterval(show, isTerminal ? REWRITE_MS : LINE_MS);
  try {
    return await work((now) => { doing = now; });
  } finally {
    globalThis.clearInterval(timer);
    if (isTerminal) stream.write("\r\u001B[K");
  }
}

/**
 * What a training's line of progress says, of `ssl-vit` or of our Python: the step, the loss, the time left. Undefined of any other line.
 *
 * @param {string} line
 */
export function stepWords(line) {
  const [, step, steps, loss] = /\bstep (\d+)\/(\d+) · loss (\S+)/.exec(line) ?? [];
  if (step === undefined) return undefined;
  const [, left] = /· ([^·]+) left$/.exec(line) ?? [];
  return [`step ${step} of ${steps}`, `loss ${loss}`, ...(left === undefined ? [] : [`about ${left} left`])].join(", ");
}

/**
 * The command, telling what it does.
 *
 * @param {import("./run-ssl-vit.js").RunSslVit} run @param {Tell} tell
 * @returns {import("./run-ssl-vit.js").RunSslVit}
 */
export const tellingRun = (run, tell) => (parameters, signal) => {
  const options = parameters.findIndex((parameter) => parameter.startsWith("-"));
  const command = ["ssl-vit", ...(options === -1 ? parameters : parameters.slice(0, options))].join(" ");
  tell(command);
  return run(parameters, signal, tellingSteps(command, tell));
};

/** Tells of the lines that a training says where it is. @param {string} command @param {Tell} tell @returns {(line: string) => void} */
export const tellingSteps = (command, tell) => (line) => {
  const steps = stepWords(line);
  if (steps !== undefined) tell(`${command}, ${steps}`);
};
