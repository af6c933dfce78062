import { lstatSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/**
 * A package in an npm project's node_modules, by its place there ("node_modules/a/node_modules/b").
 *
 * @typedef {object} Installed
 * @property {string} version
 * @property {boolean} [hasInstallScript]
 * @property {Record<string, string>} [dependencies]
 * @property {Record<string, string>} [optionalDependencies]
 * @property {Record<string, string>} [peerDependencies]
 * @property {Record<string, { optional?: boolean }>} [peerDependenciesMeta]
 */

/** What npm installed in a project. @param {string} project @returns {Record<string, Installed>} */
export const installedIn = (project) => JSON.parse(readFileSync(join(project, "node_modules/.package-lock.json"), "utf8")).packages;

/** @param {string} place */
export const nameOf = (place) => place.slice(place.lastIndexOf("node_modules/") + "node_modules/".length);

/** The bytes of the files below a folder, without the packages that are nested in it: these are packages of their own. @param {string} folder @returns {number} */
export function bytesOf(folder) {
  return readdirSync(folder, { withFileTypes: true })
    .filter(({ name }) => name !== "node_modules")
    .reduce((sum, entry) => sum + (entry.isDirectory() ? bytesOf(join(folder, entry.name)) : lstatSync(join(folder, entry.name)).size), 0);
}

/** Where Node finds a package that one at `from` imports: below it, or beside it or one of those it is nested in. @param {Record<string, Installed>} packages @param {string} from @param {string} name */
function placeOf(packages, from, name) {
  const nested = from.split("/node_modules/");
  const places = nested.map((_, index) => `${nested.slice(0, index + 1).join("/node_modules/")}/node_modules/${name}`);
  return [...places.reverse(), `node_modules/${name}`].find((place) => packages[place] !== undefined);
}

/**
 * The places of a package and of all that it brings: dependencies, optional ones for this system, and peers, which npm installs too unless they are optional.
 *
 * @param {Record<string, Installed>} packages @param {string} name @returns {string[]}
 */
export function closureOf(packages, name) {
  const first = `node_modules/${name}`;
  if (packages[first] === undefined) throw new Error(`[install] ${name}: expected to be installed, received no such package.`);
  const places = new Set([first]);
  // A set's walk also comes to what is added meanwhile.
  for (const place of places) {
    const { dependencies = {}, optionalDependencies = {}, peerDependencies = {}, peerDependenciesMeta = {} } = packages[place];
    const peers = Object.keys(peerDependencies).filter((peer) => peerDependenciesMeta[peer]?.optional !== true);
    for (const wanted of [...Object.keys({ ...dependencies, ...optionalDependencies }), ...peers]) {
      const found = placeOf(packages, place, wanted);
      if (found !== undefined) places.add(found);
    }
  }
  return [...places];
}
