import { type EngineName, type EngineReport, prepareEngine, type Precision } from "@ssl-vit/engine";
import { Option } from "commander";
import { say, warn } from "./console-output.js";

/** What every command that computes is told. The engine's name is checked by `prepareEngine`, which knows the nearest one. */
export interface EngineFlags {
  readonly engine: EngineName | "auto";
  readonly precision: Precision;
}

/** Options of every command that computes. */
export const engineOptions = (): readonly Option[] => [
  new Option("--engine <name>", "what computes: auto, native, wasm, cpu, tensorflow, tensorflow-gpu").default("auto"),
  new Option("--precision <name>", "of matrix products, where the engine can").choices(["float32", "bfloat16"]).default("float32"),
];

/** Prepares the engine and says which one it is and why. */
export async function startEngine({ engine, precision }: EngineFlags): Promise<EngineReport> {
  const report = await prepareEngine({ engine, precision });
  if (report.warning !== undefined) warn(report.warning);
  say(`engine    ${report.name}, ${report.threads} ${report.threads === 1 ? "thread" : "threads"}, ${report.precision} (${report.reason})`);
  return report;
}
