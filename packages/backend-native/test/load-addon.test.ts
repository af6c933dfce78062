import { describe, expect, it } from "vitest";
import { loadAddon, platformName, thisPlatform } from "../src/load-addon.js";

const table = new URL("../scripts/platforms.js", import.meta.url).href;
const { platforms, publishedManifest } = (await import(table)) as {
  platforms: Record<string, { os: string; cpu: string; libc?: "glibc" | "musl" }>;
  publishedManifest: () => { version: string; optionalDependencies: Record<string, string> };
};

/** Requires from what is "installed": a thrown value is thrown, and nothing else is there. */
function from(installed: Record<string, unknown>): (place: string) => unknown {
  return (place) => {
    const found = installed[place];
    if (found === undefined) throw Object.assign(new Error(`Cannot find module '${place}'\nRequire stack: …`), { code: "MODULE_NOT_FOUND" });
    if (found instanceof Error) throw found;
    return found;
  };
}

describe("the platforms' packages", () => {
  it("are called what the loader looks for", () => {
    expect(Object.keys(platforms)).toContain("linux-x64-gnu");
    for (const [name, { os, cpu, libc }] of Object.entries(platforms)) expect(platformName(os, cpu, libc)).toBe(name);
  });

  it("are named by the published manifest in its own version", () => {
    const { version, optionalDependencies } = publishedManifest();
    expect(optionalDependencies).toEqual(Object.fromEntries(Object.keys(platforms).map((name) => [`@ssl-vit/backend-native-${name}`, version])));
  });

  it.runIf(process.platform === "linux")("tell musl from glibc by what Node is linked to", () => {
    const report = process.report.getReport() as unknown as { sharedObjects: string[] };
    const musl = report.sharedObjects.some((library) => library.includes("musl"));
    expect(thisPlatform()).toBe(`linux-${process.arch}-${musl ? "musl" : "gnu"}`);
  });
});

describe("loadAddon", () => {
  const built = { name: "built" };
  const packaged = { name: "packaged" };
  const manifest = publishedManifest();

  it("takes the addon built here, else the platform's package", () => {
    const both = { "../addon/backend-native.node": built, "@ssl-vit/backend-native-darwin-arm64": packaged };
    expect(loadAddon("darwin-arm64", from(both))).toBe(built);
    expect(loadAddon("darwin-arm64", from({ "@ssl-vit/backend-native-darwin-arm64": packaged }))).toBe(packaged);
    // Built for another system, as in a folder that two of them share.
    expect(loadAddon("darwin-arm64", from({ ...both, "../addon/backend-native.node": new Error("not a mach-o file") }))).toBe(packaged);
  });

  it.each([
    ["a published package without its binary", "linux-x64-gnu", { "../package.json": manifest }, `npm install @ssl-vit/backend-native-linux-x64-gnu@${manifest.version}`],
    ["a platform without a package", "linux-riscv64-gnu", { "../package.json": manifest }, "There are packages for linux-x64-gnu, "],
    ["the repository", "linux-x64-gnu", { "../package.json": {} }, "and run the script build:addon"],
    [
      "a binary that does not load",
      "linux-x64-gnu",
      { "../package.json": manifest, "@ssl-vit/backend-native-linux-x64-gnu": new Error("libm.so.6: version `GLIBC_2.17' not found\n(…)") },
      "linux-x64-gnu: libm.so.6: version `GLIBC_2.17' not found. This system lacks",
    ],
  ])("says what to do for %s", (_, platform, installed, advice) => {
    const load = (): unknown => loadAddon(platform, from(installed));
    expect(load).toThrow(`expected a binary for ${platform}, received addon/backend-native.node: not built; @ssl-vit/backend-native-${platform}: `);
    expect(load).toThrow(advice);
  });
});
