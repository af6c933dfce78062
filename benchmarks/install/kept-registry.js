// What a sitting has published, kept in its folder: one that goes on need not publish it again.
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { storageOf } from "./local-registry.js";

/** @typedef {import("./publish-copy.js").Published} Published */

const FILE = "published.json";

/** @param {string} out of the sitting */
const keptFolder = (out) => join(out, "published");

/** Removes what an earlier sitting kept. @param {string} out */
export const forgetPublished = (out) => { rmSync(keptFolder(out), { recursive: true, force: true }); };

/**
 * Keeps what a registry has, before anybody asks it for something else.
 *
 * @param {string} out of the sitting @param {string} registry its folder @param {string} sources their sum @param {Published} published
 */
export function keepPublished(out, registry, sources, published) {
  const unfinished = `${keptFolder(out)}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { recursive: true });
  cpSync(storageOf(registry), storageOf(unfinished), { recursive: true });
  writeFileSync(join(unfinished, FILE), `${JSON.stringify({ sources, published }, undefined, 1)}\n`);
  forgetPublished(out);
  renameSync(unfinished, keptFolder(out));
}

/**
 * Gives a registry that is not started yet what was kept.
 *
 * @param {string} out of the sitting @param {string} registry its folder @param {string} sources their sum
 * @returns {Published | undefined} undefined where nothing is kept, or of other sources
 */
export function restorePublished(out, registry, sources) {
  const path = join(keptFolder(out), FILE);
  if (!existsSync(path)) return undefined;
  const { sources: kept, published } = JSON.parse(readFileSync(path, "utf8"));
  if (kept !== sources) return undefined;
  cpSync(storageOf(keptFolder(out)), storageOf(registry), { recursive: true });
  return published;
}
