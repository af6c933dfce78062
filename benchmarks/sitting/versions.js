import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";

/**
 * Versions of what computes, as they are installed: the operating system, Node, tfjs, each engine, the native one with the processor's instructions that it uses; `python` and its packages where a benchmark runs any.
 *
 * @typedef {{ os: string, node: string, tfjs: string, engines: Record<string, string>, python?: Record<string, string> }} Versions
 */

const script = fileURLToPath(new URL("tell-versions.js", import.meta.url));

/** What is installed here, besides Python. @returns {Versions} */
export const versions = () => JSON.parse(execFileSync(process.execPath, [script], { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] }));
