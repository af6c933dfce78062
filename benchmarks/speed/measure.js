import { fileURLToPath } from "node:url";
import { runForJson } from "@ssl-vit/sitting/run-for-json.js";

const cli = fileURLToPath(new URL("../../packages/cli/bin/ssl-vit.js", import.meta.url));

/**
 * Runs a program that prints one JSON object as its last line.
 *
 * @param {string} command
 * @param {readonly string[]} parameters
 * @param {Omit<Parameters<typeof runForJson>[2], "benchmark">} options
 */
export const measure = (command, parameters, options) => runForJson(command, parameters, { benchmark: "speed", ...options });

/**
 * Runs `ssl-vit`.
 *
 * @param {readonly string[]} parameters
 * @param {Parameters<typeof measure>[2]} options
 */
export const measureSslVit = (parameters, options) => measure(process.execPath, [cli, ...parameters], options);
