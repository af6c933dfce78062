import { type EngineReport, prepareEngine } from "@ssl-vit/engine";
import { Option } from "commander";
import { say, warn } from "./console-output.js";

/** Options of every command that computes. */
export const engineOptions = (): readonly Option[] => [
  new Option("--engine <name>", "what computes: auto, native, wasm, cpu, tensorflow, tensorflow-gpu").default("auto"),
  new Option("--precision <name>", "of matrix products, where the engine can").choices(["float32", "bfloat16"]).default("float32"),
];

/** Prepares the engine and says which one it is and why. */
export async function startEngine(options: { readonly engine: string; readonly precision: "float32" | "bfloat16" }): Promise<EngineReport> {
  const report = await prepareEngine(options);
  if (report.warning !== undefined) warn(report.warning);
  say(`engine    ${report.name}, ${report.threads} ${report.threads === 1 ? "thread" : "threads"}, ${report.precision} (${report.reason})`);
  return report;
}
