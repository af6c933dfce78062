import { readFileSync } from "node:fs";
import { availableParallelism, hostname } from "node:os";

/** Where a process runs, and what it may compute with. */
export interface Place {
  readonly host: string;
  readonly process: number;
  /** Processors that it may use, as the system lists them: those of ranks on a host are the same ones unless the launcher has bound them. */
  readonly processors: string;
  readonly parallelism: number;
}

/** `Cpus_allowed_list` of Linux; elsewhere all. */
function allowedProcessors(): string {
  try {
    return /^Cpus_allowed_list:\s*(\S+)/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1] ?? "all";
  } catch {
    return "all";
  }
}

/** For people. */
export const nameOfPlace = ({ host, process: id }: Place): string => `${host}, process ${id}`;

export const placeOfThisProcess = (): Place => ({ host: hostname(), process: process.pid, processors: allowedProcessors(), parallelism: availableParallelism() });

/** Threads for a rank so that those who share its processors do not take more than there are. */
export function fairThreads(places: readonly Place[], rank: number): number {
  const own = places[rank]!;
  const sharing = places.filter(({ host, processors }) => host === own.host && processors === own.processors).length;
  return Math.max(1, Math.floor(own.parallelism / sharing));
}
