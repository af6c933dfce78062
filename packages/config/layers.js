import { existsSync, readdirSync, readFileSync } from "node:fs";

/**
 * Who may import whom. A package says its layer in its package.json ("sslVit": { "layer": "method" }); a new package needs no edit here.
 * A layer may import the layers named behind it, never another one. Layers that are not here import what they like.
 *
 * @type {Readonly<Record<string, readonly string[]>>}
 */
export const allowedImports = {
  core: [],
  engine: ["core", "engine"],
  foundation: ["core", "foundation"],
  model: ["core", "foundation", "model"],
  method: ["core", "foundation", "model"],
  runner: ["core", "foundation"],
};

/**
 * Every folder of `packages/` with its layer.
 *
 * @returns {Map<string, string>}
 */
export function packageLayers() {
  const packages = new URL("../", import.meta.url);
  const layers = new Map();
  for (const name of readdirSync(packages)) {
    const manifest = new URL(`${name}/package.json`, packages);
    if (!existsSync(manifest)) continue;
    const layer = JSON.parse(readFileSync(manifest, "utf8")).sslVit?.layer;
    if (layer === undefined) throw new Error(`[config] packages/${name}/package.json: expected "sslVit": { "layer": … }, received none. Name the package's layer.`);
    layers.set(name, layer);
  }
  return layers;
}
