import { ConfigError } from "@ssl-vit/core";
import { engineDefinitions, type EngineName, engineNames } from "./engine-definitions.js";
import { findPackage } from "./find-package.js";
import { loadEngine } from "./load-engine.js";
import { memory, type Memory, processor, type Processor, systemName } from "./machine.js";
import { threadCount } from "./thread-count.js";

/** One engine as it was found; none of them was started. */
export interface EngineStatus {
  readonly name: EngineName;
  readonly description: string;
  /** False when it is not installed, or known not to load. */
  readonly available: boolean;
  /** Version of its package, when installed. */
  readonly version?: string;
  /** Why it is not available, or how it comes to be used. */
  readonly reason: string;
}

/** What the command `doctor` prints; plain data. */
export interface DoctorReport {
  /** Version of Node, without the v. */
  readonly node: string;
  /** `linux x64`. */
  readonly system: string;
  readonly processor: Processor;
  /** Threads a multi-threaded engine would use. */
  readonly threads: number;
  readonly memory: Memory;
  readonly engines: readonly EngineStatus[];
  /** The engine that `auto` picks. */
  readonly auto: EngineName;
  /** Settings that would stop a run. */
  readonly problems: readonly string[];
}

/** Imports engines from the best down until one loads, which is auto's choice; the others are only looked up. */
async function inspectEach(): Promise<{ engines: EngineStatus[]; auto: EngineName }> {
  const engines: EngineStatus[] = [];
  let auto: EngineName | undefined;
  for (const name of engineNames) {
    const { automatic, description, package: packageName } = engineDefinitions[name];
    const found = findPackage(packageName);
    const status = { name, description, ...(found === undefined ? {} : { version: found.version }) };
    if (found !== undefined && (!automatic || auto !== undefined)) {
      engines.push({ ...status, available: true, reason: automatic ? `auto prefers ${auto!}` : "used only when asked for by name; not tried" });
      continue;
    }
    try {
      await loadEngine(name);
      auto ??= name;
      engines.push({ ...status, available: true, reason: "auto's choice" });
    } catch (error) {
      engines.push({ ...status, available: false, reason: error instanceof Error ? error.message : String(error) });
    }
  }
  return { engines, auto: auto ?? "cpu" };
}

/** What there is to compute with, and what `auto` makes of it. Starts no engine, imports only what it must to know, never throws. */
export async function inspectEngines(): Promise<DoctorReport> {
  const problems: string[] = [];
  const cpu = processor();
  let threads = cpu.parallelism;
  try {
    threads = threadCount();
  } catch (error) {
    if (!ConfigError.isInstance(error)) throw error;
    problems.push(error.message);
  }
  return { node: process.versions.node, system: systemName(), processor: cpu, threads, memory: memory(), ...(await inspectEach()), problems };
}
