import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runCommand } from "./run-command.js";

const system = process.platform === "win32" ? "win" : process.platform;
/** Apple's own processors have theirs under another name. */
const prefix = process.platform === "darwin" && process.arch === "arm64" ? "node-bin" : "node";

/**
 * The binary of a major version of Node: this process's own, or the one that npm has as a package.
 *
 * @param {number} major @param {string} folder for what is installed @param {AbortSignal} signal
 * @returns {Promise<{ version: string, path: string }>}
 */
export async function nodeOf(major, folder, signal) {
  if (Number(process.versions.node.split(".", 1)[0]) === major) return { version: process.versions.node, path: process.execPath };
  const name = `${prefix}-${system}-${process.arch}`;
  const project = join(folder, `node-${major}`);
  const path = join(project, "node_modules", name, "bin", process.platform === "win32" ? "node.exe" : "node");
  if (!existsSync(path)) {
    mkdirSync(project, { recursive: true });
    writeFileSync(join(project, "package.json"), `{ "private": true }`);
    await runCommand(`Node ${major}`, ["npm", "install", "--no-audit", "--no-fund", `${name}@${major}`], { cwd: project, signal });
  }
  const { output } = await runCommand(`Node ${major}`, [path, "--version"], { cwd: project, signal });
  return { version: output.trim().replace("v", ""), path };
}
