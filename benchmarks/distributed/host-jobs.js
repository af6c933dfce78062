// MPI jobs of the command on the two hosts, to be disturbed and compared.
import { spawn } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { checkpointsOf } from "@ssl-vit/sitting/run-folder.js";
import { programOf } from "./host-namespaces.js";

/**
 * @typedef {import("./find-mpi.js").InstalledMpi} InstalledMpi
 * @typedef {import("./host-namespaces.js").Hosts} Hosts
 *
 * @typedef {object} Job
 * @property {InstalledMpi} mpi
 * @property {Hosts} hosts
 * @property {string} data
 * @property {string} out
 * @property {number} steps
 * @property {number} saveEvery
 * @property {boolean} [oneHost] all ranks on the first host, which then is the only one
 * @property {number} [ranks] 4 unless given
 * @property {boolean} [resume]
 * @property {string} [timeout] `--distributed-timeout`
 * @property {"simclr" | "mae"} [method] simclr unless given; another one only with `nanAt`
 * @property {number} [nanAt] the step at which one rank's loss is no number, 0 for none; such a job is run by host-nan.js
 * @property {readonly string[]} [launch] further options of the launcher
 *
 * @typedef {object} End
 * @property {number | string} code the launcher's exit code, or the signal that ended it
 * @property {string} said
 * @property {boolean} hung whether the training was done, but the launcher did not come back
 *
 * @typedef {object} StartedJob
 * @property {(step: number) => Promise<undefined>} reached fulfilled when so many steps are done; never where the job ends before
 * @property {(rank: number) => number} processOf a rank
 * @property {(signal: NodeJS.Signals) => void} kill sends a signal to the launcher
 * @property {Promise<End>} end rejected when the sitting is stopped
 * @property {(ms: number) => Promise<void>} ranksGone fulfilled when no rank is left, and after so long
 * @property {() => string} said
 */

const cli = fileURLToPath(new URL("../../packages/cli/bin/ssl-vit.js", import.meta.url));
const nanScript = fileURLToPath(new URL("host-nan.js", import.meta.url));

const RANKS = 4;
/** A step takes milliseconds: what is proved does not depend on the model's size. */
const tiny = ["--method", "simclr", "--model", "vit-pico", "--batch-size", "16", "--workers", "1", "--log-every", "1", "--no-tensorboard"];

/** A launcher comes back in less than a second after the ranks' work; one that has not by then does not at all. */
const HUNG_MS = 15_000;
const POLL_MS = 50;
const SHOWN = 12;

/** Options and environment by which a launcher starts ranks on the two hosts, and lets them talk over the cable alone. @param {Job} job */
function launching({ mpi, hosts, oneHost = false, ranks = RANKS, out }) {
  const { addresses, cable, shell } = hosts;
  const hostfile = join(dirname(out), "hosts");
  const [slots, mark] = [ranks / (oneHost ? 1 : addresses.length), mpi.name === "openmpi" ? " slots=" : ":"];
  writeFileSync(hostfile, (oneHost ? addresses.slice(0, 1) : addresses).map((address) => `${address}${mark}${slots}\n`).join(""));
  if (mpi.name === "openmpi") {
    const settings = Object.entries({ plm_rsh_agent: shell, pml: "ob1", btl: oneHost ? "self,vader" : "tcp,self", btl_tcp_if_include: cable, oob_tcp_if_include: cable });
    return { options: [...mpi.options, "--hostfile", hostfile, ...settings.flatMap(([name, value]) => ["--mca", name, value])], environment: {} };
  }
  // Debian's MPICH sends by UCX.
  const environment = oneHost ? {} : { UCX_TLS: "tcp,self", UCX_NET_DEVICES: cable };
  return { options: [...mpi.options, "-f", hostfile, "-launcher", "ssh", "-launcher-exec", shell, "-iface", cable], environment };
}

/** @param {Job} job */
function trainingOf({ data, out, steps, saveEvery, resume = false, timeout, method = "simclr", nanAt }) {
  if (nanAt !== undefined) return [nanScript, JSON.stringify({ method, data, out, steps, saveEvery, resume, nanAt })];
  const limits = timeout === undefined ? [] : ["--distributed-timeout", timeout];
  return [cli, "pretrain", ...tiny, "--data", data, "--out", out, "--steps", `${steps}`, "--save-every", `${saveEvery}`, "--distributed", "mpi", ...limits, ...(resume ? ["--resume"] : [])];
}

/** Losses by step, as metrics.jsonl has them. @param {string} out @returns {Map<number, number>} */
export function lossesOf(out) {
  const file = join(out, "metrics.jsonl");
  if (!existsSync(file)) return new Map();
  // The last line may be half written.
  const lines = readFileSync(file, "utf8").split("\n").slice(0, -1).map((line) => JSON.parse(line));
  return new Map(lines.flatMap(({ step, loss }) => (loss === undefined ? [] : [[step, loss]])));
}

/** Ranks that are at work. @param {Hosts} hosts */
export const ranksOn = (hosts) => hosts.processes().filter((id) => programOf(id) === basename(process.execPath));

/** Programs that are at work beside ranks: the launcher's. @param {Hosts} hosts */
export const launchersOn = (hosts) => hosts.processes().flatMap((id) => programOf(id) ?? []).filter((name) => name !== basename(process.execPath));

/**
 * Starts a job. Its processes are killed when `signal` says so, and with the hosts.
 *
 * @param {Job} job
 * @param {AbortSignal} signal
 * @returns {StartedJob}
 */
export function startJob(job, signal) {
  signal.throwIfAborted();
  const { mpi, hosts, out, steps, ranks = RANKS, launch = [] } = job;
  const { options, environment } = launching(job);
  const [command = "", ...parameters] = hosts.on(0, [mpi.launcher, ...options, ...launch, "-n", `${ranks}`, process.execPath, ...trainingOf(job)]);
  const child = spawn(command, parameters, { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, ...environment } });
  let said = "";
  let hung = false;
  let ended = false;
  const stop = () => { hosts.endProcesses(); };
  signal.addEventListener("abort", stop);
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text) => { said += text; });

  /** @type {Promise<End>} */
  const end = new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, endedBy) => {
      ended = true;
      signal.removeEventListener("abort", stop);
      if (signal.aborted) reject(/** @type {Error} */ (signal.reason));
      else resolve({ code: code ?? endedBy ?? "none", said, hung });
    });
  });
  // Nobody may be waiting for it when the sitting is stopped.
  end.catch(() => undefined);

  const watchForHang = async () => {
    while (!ended && !said.includes(`finished ${steps} steps`)) await setTimeout(POLL_MS);
    const finished = performance.now();
    while (!ended && performance.now() - finished < HUNG_MS) await setTimeout(POLL_MS);
    if (ended) return;
    hung = true;
    hosts.endProcesses();
  };
  void watchForHang();

  return {
    end,
    said: () => said,
    reached: async (step) => {
      while (Math.max(0, ...lossesOf(out).keys()) < step) await (ended ? new Promise(() => undefined) : setTimeout(POLL_MS, undefined, { signal }));
      return undefined;
    },
    processOf: (rank) => {
      const id = new RegExp(`rank ${rank} on [^,;]+, process (\\d+)`).exec(said)?.[1];
      if (id === undefined) throw new Error(`[distributed] rank ${rank}: expected its process in what the job says, received\n${said}`);
      return Number(id);
    },
    kill: (name) => { child.kill(name); },
    ranksGone: async (ms) => {
      const from = performance.now();
      while (ranksOn(hosts).length > 0 && performance.now() - from < ms) await setTimeout(POLL_MS, undefined, { signal });
    },
  };
}

/**
 * Runs a job to the end of its training.
 *
 * @param {Job} job
 * @param {AbortSignal} signal
 * @returns {Promise<End>}
 */
export async function trainToTheEnd(job, signal) {
  const end = await startJob(job, signal).end;
  if (end.code === 0 || end.hung) return end;
  throw new Error(`[distributed] ${job.mpi.version} ended with ${end.code}:\n${end.said.trim().split("\n").slice(-SHOWN).join("\n")}`);
}

/** Numbers that are trained, by the optimizer's moments in the newest checkpoint. @param {string} out */
export function trainedNumbers(out) {
  const bytes = readFileSync(join(out, "checkpoints", checkpointsOf(out).at(-1) ?? "", "training.safetensors"));
  /** @type {Record<string, { shape: number[] }>} */
  const tensors = JSON.parse(bytes.subarray(8, 8 + Number(bytes.readBigUInt64LE())).toString("utf8"));
  return Object.entries(tensors).filter(([name]) => name.endsWith(".exp_avg")).reduce((sum, [, { shape }]) => sum + shape.reduce((product, length) => product * length, 1), 0);
}
