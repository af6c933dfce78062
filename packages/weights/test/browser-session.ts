import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, type BuildOptions } from "esbuild";
import { chromium, type Page } from "playwright-core";
import type * as browserPage from "./browser-page.js";
import { type BrowserServer, serveFolder } from "./browser-server.js";

/** The Chromium of this machine; undefined after saying that there is none. */
export function installedChromium(what: string): string | undefined {
  const path = (process.env["PATH"] ?? "").split(delimiter).map((folder) => join(folder, "chromium")).find(existsSync);
  if (path === undefined) process.stderr.write(`SKIPPED: ${what}: no chromium here (apt-get install chromium)\n`);
  return path;
}

type Functions = typeof browserPage;

/** A page in Chromium, and the folder that its server has. */
export interface BrowserSession {
  readonly page: Page;
  readonly folder: string;
  readonly server: BrowserServer;
  /** What was thrown on the page and caught by no one. */
  readonly thrown: readonly string[];
  /** Calls a function of browser-page.ts on the page; what goes there and comes back are plain values. */
  readonly inPage: <Name extends keyof Functions>(name: Name, ...given: Parameters<Functions[Name]>) => ReturnType<Functions[Name]>;
  close(): Promise<void>;
}

const testFolder = fileURLToPath(new URL(".", import.meta.url));

/** Makes of modules what a page loads, as a page's bundler does, but from the packages' sources. What is imported later is a file of its own. */
export async function bundleForBrowsers(modules: Pick<BuildOptions, "entryPoints" | "stdin">, outdir: string): Promise<void> {
  const conditions = ["@ssl-vit/source", "browser", "module"];
  await build({ ...modules, absWorkingDir: testFolder, outdir, bundle: true, format: "esm", splitting: true, platform: "browser", conditions, logLevel: "error" });
}

/** Opens a page that has the functions of browser-page.ts. Its server has a new folder, with `wasm/` and an empty `models/`. */
export async function openSession(executablePath: string): Promise<BrowserSession> {
  const folder = mkdtempSync(join(tmpdir(), "ssl-vit-browser-"));
  mkdirSync(join(folder, "models"));
  writeFileSync(join(folder, "index.html"), '<!doctype html><link rel="icon" href="data:,">');
  symlinkSync(dirname(fileURLToPath(import.meta.resolve("@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm"))), join(folder, "wasm"));
  await bundleForBrowsers({ entryPoints: ["browser-page.ts"] }, folder);
  const server = await serveFolder(folder);
  // Without Chromium's sandbox, which root cannot start, nor others in many containers; the only pages are those of this folder.
  const browser = await chromium.launch({ executablePath, chromiumSandbox: false });
  const page = await (await browser.newContext()).newPage();
  const thrown: string[] = [];
  page.on("pageerror", (error) => thrown.push(String(error)));
  await page.goto(`${server.address}/index.html`);
  return {
    page,
    folder,
    server,
    thrown,
    inPage: <Name extends keyof Functions>(name: Name, ...given: Parameters<Functions[Name]>) =>
      page.evaluate(`import("/browser-page.js").then((functions) => functions.${name}(...${JSON.stringify(given)}))`) as ReturnType<Functions[Name]>,
    async close() {
      await browser.close();
      await server.close();
      rmSync(folder, { recursive: true });
    },
  };
}
