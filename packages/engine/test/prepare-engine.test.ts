import { getBackend, memory } from "@tensorflow/tfjs-core";
import { afterEach, describe, expect, test, vi } from "vitest";
import type * as FindPackage from "../src/find-package.js";
import { inspectEngines, prepareEngine } from "../src/index.js";

type FoundPackage = FindPackage.FoundPackage;

const fixture = (name: string): FoundPackage => ({ entry: new URL(`fixtures/${name}.js`, import.meta.url).href, version: "1.2.3" });

/** Packages that this test pretends to be installed, or (undefined) not to be. */
const pretended = vi.hoisted(() => new Map<string, FoundPackage | undefined>());
vi.mock("../src/find-package.js", async (importOriginal) => {
  const { findPackage } = await importOriginal<typeof FindPackage>();
  return { findPackage: (name: string) => (pretended.has(name) ? pretended.get(name) : findPackage(name)) };
});

const nothingOptional = [
  ["@ssl-vit/backend-native", undefined],
  ["@tensorflow/tfjs-node", undefined],
  ["@tensorflow/tfjs-node-gpu", undefined],
] as const;

function pretend(...packages: (readonly [string, FoundPackage | undefined])[]): void {
  pretended.clear();
  for (const [name, found] of [...nothingOptional, ...packages]) pretended.set(name, found);
}

afterEach(() => {
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
});

describe("prepareEngine", () => {
  test("auto falls back to wasm without a network, and says loudly what is lost and how to get it", async () => {
    pretend();
    vi.stubGlobal("fetch", () => Promise.reject(new Error("no network")));
    const report = await prepareEngine();
    expect(report).toMatchObject({ name: "wasm", threads: 1, precision: "float32" });
    expect(report.rejected.map(({ name }) => name)).toEqual(["tensorflow-gpu", "tensorflow", "native"]);
    expect(report.warning).toMatch(/much slower than the native engine.*npm install @ssl-vit\/backend-native/);
    expect(getBackend()).toBe("wasm");
  });

  test("auto takes the native engine where it is installed, without a warning", async () => {
    pretend(["@ssl-vit/backend-native", fixture("backend-native")]);
    vi.stubEnv("SSL_VIT_THREADS", "3");
    const report = await prepareEngine({ engine: "auto" });
    expect(report).toMatchObject({ name: "native", threads: 3, instructions: "avx2" });
    expect(report.reason).toContain("@ssl-vit/backend-native 1.2.3");
    expect(report).not.toHaveProperty("warning");
    expect(getBackend()).toBe("native");
  });

  test("auto passes over a native engine that does not load, with the reason", async () => {
    pretend(["@ssl-vit/backend-native", fixture("backend-broken")]);
    const { name, warning } = await prepareEngine();
    expect(name).toBe("wasm");
    expect(warning).toContain("@ssl-vit/backend-native 1.2.3 is installed but does not load: libmissing.so: cannot open shared object file.");
  });

  test("an engine asked for by name brings no warning of a fallback", async () => {
    pretend();
    for (const engine of ["wasm", "cpu"] as const) {
      const report = await prepareEngine({ engine });
      expect(report).toMatchObject({ name: engine, rejected: [], threads: 1 });
      expect(report).not.toHaveProperty("warning");
      expect(getBackend()).toBe(engine);
    }
  });

  test("bfloat16 where the engine has none stays at float32 and says so", async () => {
    const report = await prepareEngine({ engine: "cpu", precision: "bfloat16" });
    expect(report).toMatchObject({ precision: "float32", warning: "The engine cpu has no bfloat16; it computes in float32." });
  });

  test("bfloat16 is what the native engine says of it", async () => {
    pretend(["@ssl-vit/backend-native", fixture("backend-native")]);
    const report = await prepareEngine({ precision: "bfloat16" });
    expect(report).toMatchObject({ name: "native", precision: "bfloat16" });
    expect(report).not.toHaveProperty("warning");

    pretend(["@ssl-vit/backend-native", fixture("backend-native-float32")]);
    expect(await prepareEngine({ precision: "bfloat16" })).toMatchObject({
      precision: "float32",
      warning: "The engine native has no bfloat16 that is faster than float32 on this processor; it computes in float32.",
    });
  });

  test("an engine that cannot load is refused with the reason and the command that installs it", async () => {
    pretend();
    const refused = prepareEngine({ engine: "tensorflow" });
    await expect(refused).rejects.toMatchObject({ name: "ConfigError" });
    await expect(refused).rejects.toThrow("tensorflow to start, received @tensorflow/tfjs-node is not installed (npm install @tensorflow/tfjs-node).");

    pretend(["@tensorflow/tfjs-node-gpu", fixture("backend-broken")]);
    await expect(prepareEngine({ engine: "tensorflow-gpu" })).rejects.toThrow("tfjs-node-gpu 1.2.3 is installed but does not load: libmissing.so");
  });

  test("unknown names are answered with the nearest one", async () => {
    await expect(prepareEngine({ engine: "tensorflow-gpus" as "cpu" })).rejects.toThrow('Did you mean "tensorflow-gpu"?');
    await expect(prepareEngine({ precision: "bfloat" as "bfloat16" })).rejects.toThrow('Did you mean "bfloat16"?');
  });

  test("SSL_VIT_THREADS must be a positive integer", async () => {
    for (const wrong of ["0", "two", "1.5"]) {
      vi.stubEnv("SSL_VIT_THREADS", wrong);
      await expect(prepareEngine({ engine: "cpu" })).rejects.toThrow(`SSL_VIT_THREADS: expected a positive integer, received "${wrong}"`);
    }
  });

  test("leaves no tensor, no listener for uncaught errors and no advertisement behind", async () => {
    const print = vi.spyOn(console, "warn").mockReturnValue(undefined);
    const listeners = (): number => process.listenerCount("uncaughtException") + process.listenerCount("unhandledRejection");
    const before = { tensors: memory().numTensors, listeners: listeners() };
    await prepareEngine({ engine: "wasm" });
    await prepareEngine({ engine: "cpu" });
    expect({ tensors: memory().numTensors, listeners: listeners() }).toEqual(before);
    expect(print).not.toHaveBeenCalled();
    print.mockRestore();
  });
});

describe("inspectEngines", () => {
  test("says what auto picks and why not the others, without importing what it need not", async () => {
    // Importing the broken package would make it unavailable: it is only looked up.
    pretend(["@tensorflow/tfjs-node", fixture("backend-broken")]);
    const { auto, engines, problems } = await inspectEngines();
    expect(auto).toBe("wasm");
    expect(problems).toEqual([]);
    expect(engines.map(({ name, available }) => [name, available])).toEqual([
      ["tensorflow-gpu", false],
      ["tensorflow", true],
      ["native", false],
      ["wasm", true],
      ["cpu", true],
    ]);
    expect(engines[1]).toMatchObject({ version: "1.2.3", reason: "used only when asked for by name; not tried" });
    expect(engines[2]!.reason).toContain("npm install @ssl-vit/backend-native");
    expect(engines[3]).toMatchObject({ version: expect.stringMatching(/^4\./) as string, reason: "auto's choice" });
  });

  test("agrees with prepareEngine on a native engine that is there", async () => {
    pretend(["@ssl-vit/backend-native", fixture("backend-native")]);
    expect((await inspectEngines()).auto).toBe("native");
  });

  test("describes the machine in plain data", async () => {
    const report = await inspectEngines();
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
    expect(report.node).toBe(process.versions.node);
    expect(report.processor.model).not.toBe("");
    expect(report.threads).toBeGreaterThan(0);
    expect(report.memory.available).toBeLessThanOrEqual(report.memory.total);
    expect(report.memory.available).toBeGreaterThan(2 ** 20);
  });

  test("reports a wrong setting instead of failing", async () => {
    vi.stubEnv("SSL_VIT_THREADS", "many");
    expect((await inspectEngines()).problems).toEqual([expect.stringContaining('SSL_VIT_THREADS: expected a positive integer, received "many"')]);
  });
});
