// Every package in one folder: what each of them is, alone and with all that it brings.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { bytesOf, closureOf, installedIn } from "./installed-packages.js";
import { refuseSurprises } from "./mae-user.js";
import { runCommand } from "./run-command.js";
import { makeProject } from "./user-project.js";

/**
 * @typedef {object} PackageSize
 * @property {string} name
 * @property {string} layer
 * @property {number} packedKb what is downloaded
 * @property {number} unpackedKb
 * @property {number} packages with all that it brings, itself too
 * @property {number} megabytes of these
 */

/**
 * @param {{ published: readonly import("./publish-copy.js").Package[], registry: import("./local-registry.js").LocalRegistry, folder: string, signal: AbortSignal }} options
 * @returns {Promise<PackageSize[]>}
 */
export async function allPackages({ published, registry, folder, signal }) {
  const project = join(folder, "everything");
  makeProject(project);
  const names = published.map(({ name }) => name);
  await runCommand("npm install of every package", ["npm", "install", ...names], { cwd: project, environment: registry.environmentOf({ cache: join(folder, "everything-cache") }), signal });
  const installed = installedIn(project);
  refuseSurprises(installed, (name) => readFileSync(join(project, "node_modules", name, "package.json"), "utf8"), names);

  const bytes = Object.fromEntries(Object.keys(installed).map((place) => [place, bytesOf(join(project, place))]));
  return Promise.all(published.map(async ({ name, layer }) => {
    const places = closureOf(installed, name);
    const { dist } = /** @type {{ dist: { tarball: string } }} */ (await (await fetch(`${registry.url}${name.replace("/", "%2f")}/latest`, { signal })).json());
    const packed = await (await fetch(dist.tarball, { signal })).arrayBuffer();
    return {
      name,
      layer,
      packedKb: packed.byteLength / 1000,
      unpackedKb: bytes[`node_modules/${name}`] / 1000,
      packages: places.length,
      megabytes: places.reduce((sum, place) => sum + bytes[place], 0) / 1e6,
    };
  }));
}
