import { existsSync, readdirSync, readFileSync } from "node:fs";

/** Layers that run in a browser, unless a package says otherwise: `"sslVit": { "layer": "foundation", "browser": false }`. */
const layers = ["core", "foundation", "model", "method"];

/** The folders of packages that also run in a browser. A new package needs no edit here. */
export function browserPackages() {
  const packages = new URL("../", import.meta.url);
  return readdirSync(packages).filter((name) => {
    const manifest = new URL(`${name}/package.json`, packages);
    if (!existsSync(manifest)) return false;
    const { layer, browser = layers.includes(layer) } = JSON.parse(readFileSync(manifest, "utf8")).sslVit ?? {};
    return browser;
  });
}
