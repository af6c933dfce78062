import { readFileSync } from "node:fs";
import { arch, availableParallelism, cpus, platform, totalmem } from "node:os";
import { availableMemory, constrainedMemory } from "node:process";

/** The processor, as far as it matters to an engine. */
export interface Processor {
  readonly model: string;
  /** Threads that run in parallel for this process. */
  readonly parallelism: number;
  /** Instruction sets that engines use; empty where the system does not say (anything but Linux). */
  readonly features: readonly string[];
}

/** In bytes, with a container's limit taken into account. */
export interface Memory {
  readonly total: number;
  readonly available: number;
}

/** Names in /proc/cpuinfo: x86-64's, then ARM's. */
const relevantFeatures = [
  ...["sse4_2", "avx", "avx2", "fma", "avx512f", "avx512bw", "avx512vl", "avx512_vnni", "avx512_bf16", "amx_bf16"],
  ...["asimd", "sve", "bf16", "i8mm"],
];

function cpuInfo(): string {
  try {
    return readFileSync("/proc/cpuinfo", "utf8");
  } catch {
    return "";
  }
}

export function processor(): Processor {
  const info = cpuInfo();
  const field = (name: string): string | undefined => new RegExp(`^${name}\\s*:\\s*(.+)$`, "im").exec(info)?.[1]?.trim();
  const flags = new Set((field("flags") ?? field("features") ?? "").split(/\s+/));
  return {
    model: field("model name") ?? cpus()[0]?.model.trim() ?? "unknown",
    parallelism: availableParallelism(),
    features: relevantFeatures.filter((feature) => flags.has(feature)),
  };
}

export function memory(): Memory {
  // Where there is no limit this is 0 or an absurdly large number.
  const limit = constrainedMemory();
  const total = limit > 0 ? Math.min(limit, totalmem()) : totalmem();
  return { total, available: Math.min(total, availableMemory()) };
}

/** `linux x64`. */
export const systemName = (): string => `${platform()} ${arch()}`;
