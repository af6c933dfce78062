import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { delimiter, dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/**
 * A registry on this machine, which has what is published to it and hands everything else on from the registry that npm is set to.
 *
 * @typedef {object} LocalRegistry
 * @property {string} url
 * @property {(options: { cache: string, node?: string }) => NodeJS.ProcessEnv} environmentOf environment of a program whose npm knows this registry alone, with its cache and Node's binary
 * @property {() => void} close
 */

/** What a registry in a folder has. @param {string} folder */
export const storageOf = (folder) => join(folder, "storage");

const START_MS = 60_000;
const verdaccio = () => {
  const manifest = createRequire(import.meta.url).resolve("verdaccio/package.json");
  return join(dirname(manifest), JSON.parse(readFileSync(manifest, "utf8")).bin);
};

/** @returns {Promise<number>} a port that nobody listens at */
const freePort = () =>
  new Promise((resolve, reject) => {
    const server = createServer().on("error", reject).listen(0, "127.0.0.1", () => {
      const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
      server.close(() => resolve(port));
    });
  });

/** The environment without what a package manager that started this process has put there: its registry would be published to. */
export const withoutNpm = () => Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(npm|pnpm)_/i.test(name)));

/** A scope's registry, which a machine may be set to, is stronger than the registry: so the scopes that are published here are named as well. @param {string} url */
export const registryLines = (url) => `registry=${url}\n@ssl-vit:registry=${url}\n@stranger:registry=${url}\n`;

/** Without cargo: where the binary does not arrive as a package, nothing may build one. @param {string} path */
const withoutCargo = (path) => path.split(delimiter).filter((place) => !/[\\/]\.cargo[\\/]bin$/.test(place)).join(delimiter);

/**
 * Starts a registry.
 *
 * @param {string} folder for what it keeps @param {string} upstream address of the registry behind it @param {AbortSignal} signal
 * @returns {Promise<LocalRegistry>}
 */
export async function startRegistry(folder, upstream, signal) {
  mkdirSync(folder, { recursive: true });
  const port = await freePort();
  const url = `http://127.0.0.1:${port}/`;
  const everybody = { access: "$all", publish: "$all", unpublish: "$all" };
  // JSON is YAML. What is ours, and the stranger's, is asked for nowhere else.
  const config = {
    storage: storageOf(folder),
    uplinks: { upstream: { url: upstream, maxage: "1h", timeout: "60s", max_fails: 10 } },
    packages: { "@ssl-vit/*": everybody, "@stranger/*": everybody, "create-ssl-vit-method": everybody, "**": { ...everybody, proxy: "upstream" } },
    auth: { htpasswd: { file: join(folder, "htpasswd"), max_users: -1 } },
    web: { enable: false },
    log: { type: "stdout", format: "pretty", level: "error" },
    max_body_size: "200mb",
  };
  writeFileSync(join(folder, "config.yaml"), JSON.stringify(config));
  const [userConfig, globalConfig, configFolder] = ["npmrc", "npmrc-global", "config"].map((name) => join(folder, name));
  writeFileSync(globalConfig, "");
  mkdirSync(configFolder);
  // npm publishes with a name alone; this registry asks for none. Engines are checked: what we say to run on, our dependencies must run on.
  writeFileSync(userConfig, `${registryLines(url)}//127.0.0.1:${port}/:_authToken=anybody\naudit=false\nfund=false\nupdate-notifier=false\nengine-strict=true\n`);

  const child = spawn(process.execPath, [verdaccio(), "--config", join(folder, "config.yaml"), "--listen", `127.0.0.1:${port}`], { cwd: folder, env: withoutNpm(), stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text) => { said = `${said}${text}`.slice(-4000); });
  let ended = false;
  child.on("close", () => { ended = true; });
  const close = () => child.kill();
  const until = performance.now() + START_MS;
  while (!(await fetch(`${url}-/ping`, { signal }).then(({ ok }) => ok, () => false))) {
    if (ended || signal.aborted || performance.now() > until) {
      close();
      signal.throwIfAborted();
      throw new Error(`[install] verdaccio: expected an answer of ${url}, received none.\n${said}`);
    }
    await sleep(200);
  }
  return {
    url,
    environmentOf({ cache, node }) {
      const path = withoutCargo(process.env["PATH"] ?? "");
      return {
        ...withoutNpm(),
        PATH: node === undefined ? path : `${dirname(node)}${delimiter}${path}`,
        // In small letters: pnpm knows no others.
        npm_config_userconfig: userConfig,
        // This machine's own settings of npm and of pnpm.
        npm_config_globalconfig: globalConfig,
        XDG_CONFIG_HOME: configFolder,
        npm_config_registry: url,
        npm_config_cache: cache,
        NO_COLOR: "1",
      };
    },
    close,
  };
}
