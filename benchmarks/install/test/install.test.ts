import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, test, vi } from "vitest";
import { installTable, tooLarge } from "../install-table.js";
import { bytesOf, closureOf, type Installed, nameOf } from "../installed-packages.js";
import { readmeOf, refuseSurprises, scriptOf, STEPS, trainingOf, typeProblems } from "../mae-user.js";
import { forgetPublished, keepPublished, restorePublished } from "../kept-registry.js";
import { registryLines, startRegistry, withoutNpm } from "../local-registry.js";
import { lacking, publishedResults, resultsPage } from "../publish.js";
import { refuseOtherRegistries, sumOfFiles } from "../publish-copy.js";
import { runCommand } from "../run-command.js";

const signal = new AbortController().signal;
const read = (path: string): string => readFileSync(new URL(path, import.meta.url), "utf8");

describe("what a package brings", () => {
  const packages: Record<string, Installed> = {
    "node_modules/a": { version: "1.0.0", dependencies: { b: "^1", c: "^2" }, optionalDependencies: { "for-windows": "1" } },
    "node_modules/a/node_modules/c": { version: "2.0.0", dependencies: { b: "^1" } },
    "node_modules/b": { version: "1.0.0", peerDependencies: { peer: "^1", maybe: "^1" }, peerDependenciesMeta: { maybe: { optional: true } } },
    "node_modules/c": { version: "1.0.0" },
    "node_modules/peer": { version: "1.0.0" },
    "node_modules/maybe": { version: "1.0.0" },
  };

  it("is what Node finds from its place, with peers, without optional peers and what this system does not take", () => {
    expect(closureOf(packages, "a").sort()).toEqual(["node_modules/a", "node_modules/a/node_modules/c", "node_modules/b", "node_modules/peer"]);
    expect(closureOf(packages, "c")).toEqual(["node_modules/c"]);
    expect(() => closureOf(packages, "d")).toThrow("[install] d: expected to be installed");
  });

  it("is measured without the packages nested in it", () => {
    const folder = mkdtempSync(join(tmpdir(), "ssl-vit-install-test-"));
    try {
      mkdirSync(join(folder, "dist"));
      mkdirSync(join(folder, "node_modules/c"), { recursive: true });
      for (const [file, length] of [["index.js", 5], ["dist/index.js", 7], ["node_modules/c/index.js", 100]] as const) writeFileSync(join(folder, file), "x".repeat(length));
      expect(bytesOf(folder)).toBe(12);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("has names", () => {
    expect(nameOf("node_modules/a/node_modules/@ssl-vit/mae")).toBe("@ssl-vit/mae");
  });
});

describe("the user of one method", () => {
  const manifest = (name: string): string => JSON.stringify({ keywords: /mae|dino/.test(name) ? ["ssl-vit-method"] : [] });
  const installed: Record<string, Installed> = { "node_modules/@ssl-vit/mae": { version: "1.0.0" }, "node_modules/@ssl-vit/vit": { version: "1.0.0" } };

  it("is told by the README what to install and run, in at most 20 lines", () => {
    const { install, example } = readmeOf(read("../../../packages/mae/README.md"));
    expect(install.slice(0, 3)).toEqual(["npm", "install", "@ssl-vit/mae"]);
    const script = scriptOf(example);
    expect(script).toContain(`steps: ${STEPS} }`);
    expect(script.trimEnd().split("\n").length).toBeLessThanOrEqual(20);
    expect(() => readmeOf("    npm install a")).toThrow("received no such block");
  });

  it("gets no install script and no other method", () => {
    expect(() => { refuseSurprises(installed, manifest, ["@ssl-vit/mae"]); }).not.toThrow();
    expect(() => { refuseSurprises({ ...installed, "node_modules/koffi": { version: "3.0.0", hasInstallScript: true } }, manifest, ["@ssl-vit/mae"]); }).toThrow("[install] install scripts: expected none, received those of koffi.");
    expect(() => { refuseSurprises({ ...installed, "node_modules/@ssl-vit/dino": { version: "1.0.0" } }, manifest, ["@ssl-vit/mae"]); }).toThrow("received also @ssl-vit/dino");
  });

  it("sees every loss, and that it falls", () => {
    const printed = (...losses: number[]): string => `${losses.map((loss, step) => `${step} ${loss}`).join("\n")}\nengine native\n`;
    const falling = Array.from({ length: STEPS }, (_, step) => 2 - step / 100);
    expect(trainingOf(printed(...falling))).toEqual({ engine: "native", firstLoss: 2, lastLoss: falling.at(-1) });
    expect(() => trainingOf(printed(...falling.slice(1)))).toThrow(`expected ${STEPS} losses`);
    expect(() => trainingOf(printed(...falling.slice(1), NaN))).toThrow(`expected ${STEPS} losses`);
    expect(() => trainingOf(printed(...falling.reverse()))).toThrow("expected a loss that falls");
  });

  it("sees whatever TypeScript says, but for TensorFlow.js's declarations", () => {
    const theirs = "node_modules/@webgpu/types/dist/index.d.ts(1,2): error TS2403: …\n  more of it\n/usr/lib/typescript/lib/lib.dom.d.ts(24,1): error TS6200: …\n";
    const ours = ["node_modules/@ssl-vit/vit/dist/index.d.ts(1,1): error TS2307: Cannot find module", "train.mts(3,1): error TS2322: …", "tsconfig.json(1,2): error TS5023: Unknown compiler option", "error TS18003: No inputs were found"];
    expect(typeProblems({ code: 0, output: "" })).toEqual([]);
    expect(typeProblems({ code: 2, output: theirs })).toEqual([]);
    for (const problem of ours) expect(typeProblems({ code: 2, output: `${theirs}${problem}\n` })).toEqual([problem]);
    expect(typeProblems({ code: 1, output: "" })).toEqual(["exit code 1"]);
    expect(typeProblems({ code: 1, output: "Error: Cannot find module 'typescript/bin/tsc'" })).toHaveLength(1);
  });
});

describe("limits", () => {
  const size = { name: "@ssl-vit/mae", layer: "method", packedKb: 10, unpackedKb: 40, packages: 18, megabytes: 39 };
  const sizes = (...changed: Partial<typeof size>[]) => [{ what: "sizes", sizes: changed.map((change) => ({ ...size, ...change })) }];

  it("hold what is within them", () => {
    expect(tooLarge(sizes({}))).toBeUndefined();
    expect(tooLarge([])).toBeUndefined();
  });

  it("name what is not", () => {
    expect(tooLarge(sizes({ megabytes: 200 }))).toContain("@ssl-vit/mae: expected at most 44 MB with all that it brings, received 200.0");
    expect(tooLarge(sizes({ unpackedKb: 5000 }))).toContain("received 5000");
    expect(tooLarge(sizes({ layer: "new" }))).toContain('expected a limit for the layer "new"');
    expect(tooLarge([{ what: "mae", node: "20.20.2", megabytes: 500, installSeconds: 5 }])).toContain("MAE on Node 20.20.2: expected at most");
    expect(tooLarge([{ what: "mae", node: "20.20.2", megabytes: 90, installSeconds: 500 }])).toContain("received 500");
  });
});

test("a program that fails is shown with the end of what it said", async () => {
  const failing = [process.execPath, "-e", "console.error('no space'); process.exit(3)"] as const;
  await expect(runCommand("a step", [...failing], { cwd: tmpdir(), signal })).rejects.toThrow(/\[install\] a step: expected exit 0, received 3\.[\s\S]*no space$/);
  await expect(runCommand("a step", [...failing], { cwd: tmpdir(), signal, mayFail: true })).resolves.toMatchObject({ output: "no space\n" });
});

test("a stop ends a program with those that it started", async () => {
  const stop = new AbortController();
  const folder = mkdtempSync(join(tmpdir(), "ssl-vit-install-test-"));
  const child = `require("node:fs").writeFileSync("started", String(process.pid)); setInterval(() => {}, 1000)`;
  const parent = `require("node:child_process").spawn(process.execPath, ["-e", ${JSON.stringify(child)}], { stdio: "inherit" }); setInterval(() => {}, 1000)`;
  try {
    const run = runCommand("two programs", [process.execPath, "-e", parent], { cwd: folder, signal: stop.signal });
    const ended = expect(run).rejects.toThrow(/abort/i);
    await vi.waitFor(() => { expect(existsSync(join(folder, "started"))).toBe(true); }, { timeout: 20_000 });
    await vi.waitFor(() => { expect(readFileSync(join(folder, "started"), "utf8")).not.toBe(""); });
    stop.abort();
    await ended;
    const pid = Number(readFileSync(join(folder, "started"), "utf8"));
    await vi.waitFor(() => { expect(() => process.kill(pid, 0)).toThrow("ESRCH"); }, { timeout: 10_000 });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("nothing is published where a package manager would publish elsewhere", async () => {
  const folder = mkdtempSync(join(tmpdir(), "ssl-vit-install-test-"));
  const url = "http://127.0.0.1:9/";
  try {
    writeFileSync(join(folder, ".npmrc"), registryLines(url));
    await expect(refuseOtherRegistries(url, { cwd: folder, environment: withoutNpm(), signal }, [["npm"]])).resolves.toBeUndefined();
    writeFileSync(join(folder, ".npmrc"), registryLines(url).replace(`@ssl-vit:registry=${url}`, "@ssl-vit:registry=http://127.0.0.1:10/"));
    await expect(refuseOtherRegistries(url, { cwd: folder, environment: withoutNpm(), signal }, [["npm"]])).rejects.toThrow("[install] @ssl-vit:registry of npm: expected http://127.0.0.1:9/, received http://127.0.0.1:10/. Nothing was published.");
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("what was published is there in another registry, and only of the same sources", { timeout: 300_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), "ssl-vit-install-test-"));
  const [out, first, second] = ["out", "first", "second"].map((name) => join(folder, name)) as [string, string, string];
  // Nobody is behind these registries.
  const behind = "http://127.0.0.1:9/";
  const published = { packages: [{ name: "@ssl-vit/nothing", layer: "foundation" }], platform: "linux-x64-gnu", seconds: 3 };
  try {
    const cwd = join(folder, "nothing");
    mkdirSync(cwd);
    writeFileSync(join(cwd, "package.json"), JSON.stringify({ name: "@ssl-vit/nothing", version: "1.2.3" }));
    const registry = await startRegistry(first, behind, signal);
    try {
      await runCommand("publish", ["npm", "publish"], { cwd, environment: registry.environmentOf({ cache: join(folder, "cache") }), signal });
    } finally {
      registry.close();
    }
    keepPublished(out, first, "a sum", published);
    expect(restorePublished(out, second, "another sum")).toBeUndefined();
    expect(existsSync(second)).toBe(false);
    expect(restorePublished(out, second, "a sum")).toEqual(published);
    const again = await startRegistry(second, behind, signal);
    try {
      const user = join(folder, "user");
      mkdirSync(user);
      writeFileSync(join(user, "package.json"), "{}");
      await runCommand("install", ["npm", "install", "@ssl-vit/nothing"], { cwd: user, environment: again.environmentOf({ cache: join(folder, "another-cache") }), signal });
      expect(JSON.parse(readFileSync(join(user, "node_modules/@ssl-vit/nothing/package.json"), "utf8"))).toMatchObject({ version: "1.2.3" });
    } finally {
      again.close();
    }
    forgetPublished(out);
    expect(restorePublished(out, join(folder, "third"), "a sum")).toBeUndefined();
  } finally {
    rmSync(folder, { recursive: true, maxRetries: 10, retryDelay: 200 });
  }
});

test("the sum of what is published is another when a file has another name or content, and no other for their order", () => {
  const folder = mkdtempSync(join(tmpdir(), "ssl-vit-install-test-"));
  try {
    for (const [name, content] of [["a", "1"], ["b", "2"], ["ab", "1"]] as const) writeFileSync(join(folder, name), content);
    const before = sumOfFiles(folder, ["a", "b"]);
    expect(sumOfFiles(folder, ["b", "a"])).toBe(before);
    expect(sumOfFiles(folder, ["ab", "b"])).not.toBe(before);
    writeFileSync(join(folder, "b"), "3");
    expect(sumOfFiles(folder, ["a", "b"])).not.toBe(before);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("the page is that of results.json, whose sitting was whole and within the limits", () => {
  const results = publishedResults();
  expect(read("../RESULTS.md")).toBe(resultsPage(results));
  expect(lacking(results)).toEqual([]);
  expect(installTable(results.measurements)).not.toContain("| – |");
  expect(new Set(results.measurements.map(({ what }) => what as string))).toEqual(new Set(["publish", "sizes", "mae", "doctor", "stranger", "alone"]));
  expect(results.measurements.filter(({ what }) => what === "mae").map(({ major }) => major as number)).toEqual([20, 22, 24]);
});

test("what is not whole is not published", () => {
  const { circumstances, measurements, date } = publishedResults();
  const without = (wanted: string) => ({ date, circumstances, measurements: measurements.filter(({ what }) => what !== wanted) });
  expect(lacking(without("doctor"))).toEqual(["doctor is missing"]);
  expect(lacking(without("alone"))).toEqual(["alone is missing", "40 packages were not installed alone"]);
  expect(lacking({ date, circumstances: { ...circumstances, commit: "abc1234-dirty" }, measurements })).toEqual(["it was measured on code that is not committed"]);
});
