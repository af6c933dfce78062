import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { allPackages } from "./all-packages.js";
import { installTable, tooLarge } from "./install-table.js";
import { forgetPublished, keepPublished, restorePublished } from "./kept-registry.js";
import { startRegistry } from "./local-registry.js";
import { maeUser } from "./mae-user.js";
import { nodeOf } from "./node-binaries.js";
import { publishCopy, sumOfSources } from "./publish-copy.js";
import { runCommand } from "./run-command.js";
import { strangersMethod } from "./stranger.js";
import { expectedEngine, makeProject } from "./user-project.js";

/** @typedef {import("@ssl-vit/sitting/run-sitting.js").Measurement} Measurement */

/** The address that npm is set to. @param {AbortSignal} signal */
const upstream = async (signal) => (await runCommand("npm config get registry", ["npm", "config", "get", "registry"], { cwd: tmpdir(), signal })).output.trim().split("\n").at(-1) ?? "";

/** @param {Measurement} measurement */
function line({ what, name, node, seconds, installSeconds, megabytes, engine, sizes, authorSeconds, userSeconds }) {
  switch (what) {
    case "publish":
      return `published in ${seconds.toFixed(0)} s`;
    case "sizes":
      return `${sizes.length} packages in one folder, no install script`;
    case "mae":
      return `MAE, trainer and engine on Node ${node}: ${installSeconds.toFixed(1)} s, ${megabytes.toFixed(0)} MB, engine ${engine}; trained, types checked`;
    case "doctor":
      return `npx @ssl-vit/cli doctor: ${seconds.toFixed(0)} s`;
    case "stranger":
      return `a stranger's method: made, tested and published in ${authorSeconds.toFixed(0)} s, installed elsewhere and trained in ${userSeconds.toFixed(0)} s`;
    default:
      return `${name} alone: ${seconds.toFixed(1)} s`;
  }
}

/**
 * @param {{ nodes: readonly number[], alone: boolean, out: string, resume?: boolean }} options `alone`: whether each package's install is timed
 * @param {(text: string) => void} say
 * @returns {import("@ssl-vit/sitting/run-sitting.js").Plan}
 */
export function installPlan({ nodes, alone, out, resume = false }, say) {
  /** @type {string | undefined} */
  let folder;
  /** @type {import("./local-registry.js").LocalRegistry | undefined} */
  let registry;
  return {
    name: "install",
    options: {},
    prepare: async (signal) => {
      // Outside the repository: nothing of it may be found by looking upwards.
      const place = (folder = mkdtempSync(join(tmpdir(), "ssl-vit-install-")));
      const sources = await sumOfSources(signal);
      if (!resume) forgetPublished(out);
      const kept = restorePublished(out, join(place, "registry"), sources);
      const source = (registry = await startRegistry(join(place, "registry"), await upstream(signal), signal));
      say(kept === undefined ? `publishing to ${source.url}` : `${source.url} has what was published before`);
      const { packages: published, platform, seconds: publishSeconds } = kept ?? (await publishCopy(join(place, "copy"), source, signal));
      if (kept === undefined) keepPublished(out, join(place, "registry"), sources, { packages: published, platform, seconds: publishSeconds });
      if (platform === undefined) say("SKIPPED: the native engine's package: it is not built here (no cargo)");
      const doctor = async (/** @type {AbortSignal} */ stop) => {
        const cwd = join(place, "doctor");
        mkdirSync(cwd, { recursive: true });
        const { output, seconds } = await runCommand("npx @ssl-vit/cli doctor", ["npx", "--yes", "@ssl-vit/cli", "doctor"], { cwd, environment: source.environmentOf({ cache: join(place, "doctor-cache") }), signal: stop });
        const engine = /^ +● (\S+)/m.exec(output)?.[1];
        const wanted = expectedEngine(platform);
        if (engine !== wanted) throw new Error(`[install] doctor: expected ${wanted} as auto's choice, received ${engine ?? "none"}.\n${output}`);
        return { seconds, engine };
      };
      const installAlone = async (/** @type {string} */ name, /** @type {AbortSignal} */ stop) => {
        const cwd = join(place, "alone", name.replace("/", "-"));
        makeProject(cwd);
        const { seconds } = await runCommand(`npm install ${name}`, ["npm", "install", name], { cwd, environment: source.environmentOf({ cache: join(cwd, ".cache") }), signal: stop });
        rmSync(cwd, { recursive: true });
        return { seconds };
      };
      return [
        { key: { what: "publish" }, measure: () => Promise.resolve({ seconds: publishSeconds, packages: published.length, platform: platform ?? "none" }) },
        { key: { what: "sizes" }, measure: async (stop) => ({ sizes: await allPackages({ published, registry: source, folder: place, signal: stop }) }) },
        ...nodes.map((major) => ({
          key: { what: "mae", major },
          measure: async (/** @type {AbortSignal} */ stop) => {
            const node = await nodeOf(major, place, stop);
            return { node: node.version, ...(await maeUser({ registry: source, node, platform, folder: place, signal: stop })) };
          },
        })),
        { key: { what: "doctor" }, measure: doctor },
        { key: { what: "stranger" }, measure: (stop) => strangersMethod({ registry: source, folder: place, signal: stop }) },
        ...(alone ? published : []).map(({ name }) => ({ key: { what: "alone", name }, measure: (/** @type {AbortSignal} */ stop) => installAlone(name, stop) })),
      ];
    },
    table: installTable,
    line,
    problem: tooLarge,
    close: () => {
      registry?.close();
      // What was stopped may be writing still.
      if (folder !== undefined) rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
    },
  };
}
