import { type DoctorReport, inspectEngines } from "@ssl-vit/engine";
import { Command } from "commander";
import pc from "picocolors";
import { print, printJson } from "../console-output.js";

/** One screen: the machine, and which engine computes here and why. */
function doctorText(report: DoctorReport): string {
  const { node, system, processor, threads, memory, engines, auto, problems } = report;
  const gigabytes = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(1)} GB`;
  return [
    `Node      ${node} on ${system}`,
    `CPU       ${processor.model}, ${processor.parallelism} cores${processor.features.length === 0 ? "" : `, ${processor.features.join(" ")}`}`,
    `threads   ${threads}${process.env["SSL_VIT_THREADS"] === undefined ? " (SSL_VIT_THREADS changes it)" : " (SSL_VIT_THREADS)"}`,
    `memory    ${gigabytes(memory.available)} free of ${gigabytes(memory.total)}`,
    "engines",
    ...engines.map(({ name, available, version, reason }) => {
      const mark = name === auto ? pc.green("●") : available ? "○" : pc.dim("·");
      return `  ${mark} ${name.padEnd(15)} ${(version ?? "").padEnd(8)} ${reason}`;
    }),
    ...problems.map((problem) => pc.red(problem)),
  ].join("\n");
}

/** `ssl-vit doctor` */
export function doctorCommand(): Command {
  return new Command("doctor")
    .description("Show what this machine computes with, and why.")
    .option("--json", "one JSON object on standard output")
    .addHelpText("after", "\nExample:\n  $ ssl-vit doctor")
    .action(async ({ json }: { json?: boolean }) => {
      const report = await inspectEngines();
      if (json === true) printJson(report);
      else print(doctorText(report));
      if (report.problems.length > 0) process.exitCode = 1;
    });
}
