import { ConfigError } from "@ssl-vit/core";
import type { MpiGroup } from "@ssl-vit/distributed";
import { findLauncher } from "@ssl-vit/distributed/launcher";
import { Option } from "commander";
import { timeSpan } from "./argument-parsers.js";
import { silence, warn } from "./console-output.js";

/** What `pretrain` is told of other processes that train with it. */
export interface DistributedFlags {
  readonly distributed?: "mpi";
  readonly distributedTimeout?: number;
  readonly distributedSingle?: boolean;
}

/** Options of training on several processes. */
export const distributedOptions = (): readonly Option[] => [
  new Option("--distributed <transport>", "train on the processes that mpirun or srun started, each with a share of every batch").choices(["mpi"]),
  new Option("--distributed-timeout <time>", "how late a process may be before all are ended: 90s, 10m (default 10m)").argParser(timeSpan),
  new Option("--distributed-single", "without mpirun, train as the only process in place of an error"),
];

/** Lets rank 0 alone speak, also of what goes wrong before the processes know of each other. */
export function silenceOtherRanks({ distributed }: DistributedFlags): void {
  if (distributed !== undefined && (findLauncher(process.env)?.rank ?? 0) > 0) silence();
}

/** Each of several processes would train by itself, into one folder. A job of Slurm may be many trainings on purpose. */
function warnOfOthers(): void {
  const { name, size = 1 } = findLauncher(process.env) ?? {};
  if (size > 1 && name !== "srun") warn(`This is one of ${size} processes that mpirun started, and each of them trains by itself; with --distributed mpi they train together.`);
}

/**
 * Joins the other processes, if there are any. Each engine gets its share of the host's processors, unless
 * `SSL_VIT_THREADS` says how many threads. Call it before the engine starts.
 */
export async function joinRanks({ distributed, distributedTimeout, distributedSingle }: DistributedFlags): Promise<MpiGroup | undefined> {
  if (distributed === undefined) {
    const given = distributedTimeout !== undefined ? "--distributed-timeout" : distributedSingle === true ? "--distributed-single" : undefined;
    if (given !== undefined) throw new ConfigError({ package: "cli", what: given, expected: "with --distributed mpi", received: "without" });
    warnOfOthers();
    return undefined;
  }
  const { mpi } = await import("@ssl-vit/distributed");
  const group = await mpi({ single: distributedSingle ?? false, ...(distributedTimeout === undefined ? {} : { timeout: distributedTimeout }) });
  process.env["SSL_VIT_THREADS"] ??= String(group.threads);
  return group;
}

/** Runs what all processes do. One that fails ends all of them, with a message that names it. */
export async function onAllRanks(group: MpiGroup | undefined, run: () => Promise<void>): Promise<void> {
  if (group === undefined) {
    await run();
    return;
  }
  try {
    await run();
    group.close();
  } catch (error) {
    if (group.size === 1) throw error;
    group.abort(error);
  }
}
