// What a training has left in its folder, and said of it.
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Names of a run's whole checkpoints, the oldest first. @param {string} out */
export const checkpointsOf = (out) => (existsSync(join(out, "checkpoints")) ? readdirSync(join(out, "checkpoints")).filter((name) => name.startsWith("step-")).sort() : []);

/**
 * sha256 of the newest checkpoint's tensors: weights, heads, teacher, buffers, optimizer.
 *
 * @param {string} out
 */
export function sumsOf(out) {
  const name = checkpointsOf(out).at(-1);
  if (name === undefined) throw new Error(`${out}: expected a checkpoint, received none.`);
  const sums = ["model.safetensors", "training.safetensors"].map((file) => createHash("sha256").update(readFileSync(join(out, "checkpoints", name, file))).digest("hex"));
  return [name, ...sums].join(" ");
}

/** Which checkpoint a resumed training went on from, by what it said. @param {string} said */
export const resumedFrom = (said) => /resumed from (\S+)/.exec(said)?.[1];
