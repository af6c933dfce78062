// What is done to jobs on two hosts, and what must come of it.
import { setTimeout } from "node:timers/promises";
import { checkpointsOf, resumedFrom, sumsOf } from "@ssl-vit/sitting/run-folder.js";
import { largestRelative } from "./differences.js";
import { launchersOn, lossesOf, ranksOn, startJob, trainToTheEnd } from "./host-jobs.js";

/**
 * @typedef {import("./host-jobs.js").Job} Job
 * @typedef {import("./host-jobs.js").StartedJob} StartedJob
 * @typedef {{ sums: string, losses: Map<number, number>, across: { fromFirst: number, fromSecond: number }, gradients: number, said: string, hung: boolean }} Reference
 * @typedef {{ newJob: () => Job, undisturbed: (job: Job) => Promise<Reference>, signal: AbortSignal }} Context
 *
 * @typedef {object} Result
 * @property {string} received
 * @property {string} then what the run came to in the end
 * @property {boolean} right
 * @property {number} [seconds] from the disturbance until no rank was left
 * @property {number | null} [launcherSeconds] until the launcher came back; null where it did not
 * @property {string | undefined} [kept] the newest checkpoint then
 * @property {string | undefined} [resumed] the one gone on from
 *
 * @typedef {object} Case
 * @property {string} name
 * @property {import("./find-mpi.js").MpiName} [for] the MPI that has it; both unless given
 * @property {string} expected
 * @property {(context: Context) => Promise<Result>} run
 */

/** Losses of trainings whose sums are added in another order. */
const NEAR = 1e-4;

export const SAVE_EVERY = 5;

/** Steps after which a job is disturbed: two checkpoints are there, and the next is not. */
const DISTURBED_AT = 12;

/** `--distributed-timeout` of the jobs, and seconds in which all ranks must have ended. */
const TIMEOUT = "5s";
const BOUND = 30;
/** When what is left is counted and killed. */
const GIVEN_UP_MS = 60_000;

const percent = (/** @type {number} */ share) => `${Math.round(share * 100)} %`;

/** What was said of an end, ours and the launcher's, without lines and numbers of no interest. @param {string} said */
function lastWords(said) {
  const lines = said.split("\n").map((line) => line.trim());
  const ours = lines.filter((line) => line.startsWith("error: ") || /stopped after step/.test(line));
  const launchers = lines.filter((line) => /^=\s+(PID|EXIT CODE)|EXIT STRING|Caught signal|exited on signal|with PID \d+|lost communication|non-zero exit code|Killed by signal|MPI_ABORT was invoked|ORTE has lost|peer host/i.test(line));
  const named = (/** @type {string} */ who, /** @type {string[]} */ what) => (what.length === 0 ? [] : [`${who}: ${[...new Set(what)].slice(0, 3).map((line) => `\`${line}\``).join(" / ")}`]);
  return [...named("ssl-vit", ours), ...named("the launcher", launchers)].join("; ");
}

/** Trains from the newest checkpoint to the end, and compares with a run that nothing disturbed. @param {Job} job @param {Reference} reference @param {AbortSignal} signal */
async function goOn(job, reference, signal) {
  const { said, hung } = await trainToTheEnd({ ...job, resume: true }, signal);
  const equal = sumsOf(job.out) === reference.sums;
  return { equal, resumed: resumedFrom(said), then: `${equal ? "equal byte for byte" : "OTHER BYTES"}${hung ? "; the launcher hung after the training" : ""}` };
}

/**
 * Disturbs a job in the middle, waits for its end, and goes on with it.
 *
 * @param {object} options
 * @param {(job: StartedJob, given: Job) => void | Promise<void>} options.disturb
 * @param {(said: string, kept: string | undefined) => boolean} options.says whether what was said, or kept, is right
 * @param {Partial<Job>} [options.more] of the job that is disturbed
 * @param {(job: Job) => void} [options.mend] before it goes on
 * @returns {Case["run"]}
 */
const disturbed = ({ disturb, says, more = {}, mend }) => async ({ newJob, undisturbed, signal }) => {
  const job = newJob();
  const nan = more.nanAt === undefined ? {} : { ...more, nanAt: 0 };
  const reference = await undisturbed({ ...newJob(), ...nan });
  const started = startJob({ ...job, ...more }, signal);
  const early = await Promise.race([started.reached(DISTURBED_AT), started.end]);
  if (early !== undefined) return { received: `ended before it was disturbed, with exit code ${early.code}; ${lastWords(early.said)}`, then: "–", right: false };
  const from = performance.now();
  await disturb(started, job);
  await started.ranksGone(GIVEN_UP_MS);
  const seconds = (performance.now() - from) / 1000;
  const left = ranksOn(job.hosts).length;
  const end = await Promise.race([started.end, setTimeout(GIVEN_UP_MS, undefined, { signal })]);
  const launcherSeconds = (performance.now() - from) / 1000;
  const launchers = end === undefined ? [...new Set(launchersOn(job.hosts))].join(", ") : "";
  job.hosts.endProcesses();
  const { code, said } = await started.end;
  mend?.(job);
  const kept = checkpointsOf(job.out).at(-1);
  const { equal, resumed, then } = await goOn({ ...job, ...nan }, reference, signal);
  const how = left > 0 ? `${left} ranks were left` : end === undefined ? `all ranks ended, the launcher did not (${launchers})` : `exit code ${code}`;
  const received = `${how}; ${lastWords(said) || "nothing was said"}`;
  return { received, seconds, launcherSeconds: end === undefined ? null : launcherSeconds, kept, resumed, then, right: left === 0 && seconds <= BOUND && equal && kept === resumed && says(said, kept) };
};

/** Whether our own message names a rank. @param {number} rank */
const weName = (rank) => (/** @type {string} */ said) => said.split("\n").some((line) => line.includes("error: ") && line.includes(`rank ${rank} of 4`));

const anything = () => true;
/** Whether a step is kept that is none of those that are saved anyway. @param {string} _ @param {string | undefined} kept */
const isSaved = (_, kept) => Number(kept?.slice("step-".length)) % SAVE_EVERY !== 0;

/** @type {Case[]} */
const undisturbedCases = [
  {
    name: "nothing",
    expected: "exit code 0; each host sends the other at least the gradients, 4 bytes a number and step",
    run: async ({ newJob, undisturbed }) => {
      const { across, gradients, hung, losses } = await undisturbed(newJob());
      const other = await undisturbed({ ...newJob(), oneHost: true });
      const shares = [across.fromFirst, across.fromSecond].map((bytes) => bytes / gradients);
      const difference = largestRelative([...other.losses.values()], [...losses.values()]);
      const equal = other.sums === (await undisturbed(newJob())).sums;
      const inOne = (other.across.fromFirst + other.across.fromSecond) / gradients;
      return {
        received: `${hung ? "the launcher hung after the training" : "exit code 0"}; ${(gradients / 1e6).toFixed(1)} MB of gradients, over the cable ${shares.map(percent).join(" of it one way and ")} the other way; of ranks on one host ${percent(inOne)}${other.hung ? ", whose launcher hung after the training" : ""}`,
        then: equal ? "equal byte for byte to four ranks on one host" : `losses within ${difference.toExponential(1)} of four ranks on one host`,
        right: !hung && !other.hung && shares.every((share) => share >= 1) && inOne < 0.01 && (equal || difference <= NEAR),
      };
    },
  },
  {
    name: "all processes are killed, and the run goes on with 2 ranks",
    expected: "the same images: losses within 1e-4",
    run: async ({ newJob, undisturbed, signal }) => {
      const reference = await undisturbed(newJob());
      const job = newJob();
      const started = startJob(job, signal);
      await started.reached(DISTURBED_AT);
      job.hosts.endProcesses();
      const { code } = await started.end;
      const kept = checkpointsOf(job.out).at(-1);
      const { said, hung } = await trainToTheEnd({ ...job, ranks: 2, resume: true }, signal);
      const difference = largestRelative([...reference.losses.values()], [...lossesOf(job.out).values()]);
      const resumed = resumedFrom(said);
      return { received: `${code}`, kept, resumed, then: `losses within ${difference.toExponential(1)}${hung ? "; the launcher hung after the training" : ""}`, right: difference <= NEAR && kept === resumed };
    },
  },
];

/** @type {Case[]} */
const disturbances = [
  { name: "all processes are killed", expected: "goes on with 4 ranks to equal bytes", run: disturbed({ disturb: (_, { hosts }) => { hosts.endProcesses(); }, says: anything }) },
  {
    name: "one rank is killed (-9)",
    expected: `all ranks end within ${BOUND} s, a message names the rank or its process`,
    run: async (context) => {
      let id = 0;
      /** @type {Case["run"]} */
      const run = disturbed({
        more: { timeout: TIMEOUT },
        disturb: (started) => {
          id = started.processOf(2);
          process.kill(id, "SIGKILL");
        },
        says: (said) => weName(2)(said) || /process rank 2 with PID/.test(said) || said.includes(`PID ${id} RUNNING AT`),
      });
      return run(context);
    },
  },
  {
    name: "one rank hangs (-STOP)",
    expected: `all ranks end within ${BOUND} s, our message names the rank`,
    run: disturbed({ more: { timeout: TIMEOUT }, disturb: (started) => { process.kill(started.processOf(2), "SIGSTOP"); }, says: weName(2) }),
  },
  {
    name: "the cable is pulled",
    expected: `all ranks end within ${BOUND} s, our message names ranks of the other host`,
    run: disturbed({ more: { timeout: TIMEOUT }, disturb: (_, { hosts }) => { hosts.setCable(false); }, mend: ({ hosts }) => { hosts.setCable(true); }, says: weName(2) }),
  },
  {
    name: "one rank's weights become NaN (MAE)",
    expected: `all ranks end within ${BOUND} s, our message names the rank`,
    run: disturbed({ more: { nanAt: DISTURBED_AT + 1, method: "mae" }, disturb: () => undefined, says: weName(2) }),
  },
  {
    name: "one rank's weights become NaN (SimCLR, whose loss is of all ranks' images)",
    expected: `all ranks end within ${BOUND} s, our message names the rank`,
    run: disturbed({ more: { nanAt: DISTURBED_AT + 1 }, disturb: () => undefined, says: weName(2) }),
  },
];

/** Seconds that Open MPI lets go by before it sends SIGTERM to its ranks, and again before SIGKILL; otherwise 1. */
const PATIENCE = "3";

/** What the launcher makes of a signal is its own; what is left must be whole. @type {Case[]} */
const signals = /** @type {const} */ (["SIGTERM", "SIGINT"]).flatMap((name) => [
  { name: `${name} to the launcher`, expected: `all ranks end within ${BOUND} s`, run: disturbed({ disturb: (started) => { started.kill(name); }, says: anything }) },
  {
    name: `${name} to the launcher with \`--mca odls_base_sigkill_timeout ${PATIENCE}\``,
    for: /** @type {const} */ ("openmpi"),
    expected: `all ranks end within ${BOUND} s, the step is saved`,
    run: disturbed({ more: { launch: ["--mca", "odls_base_sigkill_timeout", PATIENCE] }, disturb: (started) => { started.kill(name); }, says: isSaved }),
  },
]);

export const cases = [...undisturbedCases, ...disturbances, ...signals];
