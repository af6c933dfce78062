// The sets of instructions that SSL_VIT_CPU takes, and which of them this machine has.
import { spawnSync } from "node:child_process";
import { path } from "./platforms.js";

export const levels = ["avx512bf16", "avx512", "avx2", "portable"];

/** What the addon uses when it is asked for a level: that one or a lower one. */
export function levelInUse(level) {
  const script = `process.stdout.write(require(${JSON.stringify(path("addon/backend-native.node"))}).instructions())`;
  return spawnSync(process.execPath, ["--eval", script], { encoding: "utf8", env: { ...process.env, SSL_VIT_CPU: level } }).stdout;
}
