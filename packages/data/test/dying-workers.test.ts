import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { beforeEach, describe, expect, it } from "vitest";
import { createLoader, type ImageDataset, type Loader, type LoaderOptions, openDataset } from "../src/index.js";
import { createLoaderOn } from "../src/create-loader.js";
import { workerPool, type WorkerPoolOptions } from "../src/worker-pool.js";
import { collect, fingerprints, views } from "./collect-batches.js";
import { picture, png } from "./pictures.js";
import { temporaryFolder, writeFiles } from "./temporary-folder.js";

const folder = temporaryFolder();
const dying = fileURLToPath(new URL("dying-worker.js", import.meta.url));
const files = await Promise.all(Array.from({ length: 12 }, (_, index) => png(picture(index))));

/** Twelve images of which the seventh is the end of the thread that opens it. */
async function openDeadly(name: string): Promise<ImageDataset> {
  const nameOf = (index: number): string => (index === 6 ? `${name}.png` : `${name}-${String(index).padStart(2, "0")}.png`.replace(/exit|throw|memory/, "fine"));
  writeFiles(join(folder, name), Object.fromEntries(files.map((file, index) => [nameOf(index), file])));
  return openDataset(join(folder, name));
}

const options: LoaderOptions = { views, batchSize: 3, seed: 2 };
type Special = Pick<WorkerPoolOptions, "resourceLimits" | "file">;
const deadly = (dataset: ImageDataset, some: Partial<LoaderOptions>, special: Special = {}): Loader =>
  createLoaderOn((images, plan, usual) => workerPool(images, plan, { ...usual, file: dying, ...special }), dataset, { ...options, ...some });

/** Enough for decoding, and soon full. */
const resourceLimits = { maxOldGenerationSizeMb: 48 };

beforeEach(() => {
  for (const path of readdirSync(folder, { recursive: true }) as string[]) if (path.endsWith(".died")) rmSync(join(folder, path));
});

describe("a worker thread that dies", () => {
  it.each([
    ["exit-once-a", /^a worker thread died \(worker exited with code: 7, at the batch of epoch 0 with .*exit-once-a\.png.*\); started again$/],
    ["throw-once-a", /^a worker thread died \(thrown outside of any task, at the batch of epoch 0 with /],
    ["memory-once-a", /^a worker thread died \(Worker terminated due to reaching memory limit: JS heap out of memory, at the batch of epoch 0 with /],
  ])("is started again, with the same batches: %s", async (name, message) => {
    const dataset = await openDeadly(name);
    const alone = createLoader(dataset, options);
    const expected = [await fingerprints(alone.batches(0)), await fingerprints(alone.batches(1, 1))];
    for (const workers of name.startsWith("exit") ? [1, 2, 4] : [2]) {
      for (const mark of readdirSync(join(folder, name)).filter((path) => path.endsWith(".died"))) rmSync(join(folder, name, mark));
      const told: string[] = [];
      const loader = deadly(dataset, { workers, onRestart: (reason) => told.push(reason) }, { resourceLimits });
      expect([await fingerprints(loader.batches(0)), await fingerprints(loader.batches(1, 1))]).toEqual(expected);
      expect(told).toEqual([expect.stringMatching(message)]);
      expect(loader.skipped.size).toBe(0);
      await loader.close();
    }
  });

  it.each([
    ["exit-b", 1, "worker exited with code: 7"],
    ["exit-b", 2, "worker exited with code: 7"],
    ["throw-b", 1, "thrown outside of any task"],
    ["memory-b", 1, "Worker terminated due to reaching memory limit: JS heap out of memory"],
  ])("a second time ends the loop and names its images: %s, %i threads", async (name, workers, reason) => {
    const dataset = await openDeadly(name);
    const told: string[] = [];
    const loader = deadly(dataset, { workers, shuffle: false, batchSize: 6, onRestart: (text) => told.push(text) }, { resourceLimits });
    const index = Array.from({ length: 12 }, (_, place) => dataset.keyOf(place)).indexOf(`${name}.png`);
    const batch = Math.floor(index / 6) * 6;
    const keys = [0, 1, 2].map((place) => dataset.keyOf(batch + place)).join(", ");
    await expect(collect(loader.batches(5))).rejects.toThrow(
      `[@ssl-vit/data] worker threads: expected threads that live, received the end of one, after one had been started again (${reason}, at the batch of epoch 5 with ${keys} and 3 more images). See with workers: 0 what happens there`,
    );
    expect(told.length).toBe(1);
    await expect(collect(loader.batches(6))).rejects.toThrow(/received the end of one, after one had been started again/);
    await loader.close();
  });

  it("may be closed while it is started again", async () => {
    const dataset = await openDeadly("exit-once-c");
    let closing: Promise<void> | undefined;
    const onRestart = (): void => {
      closing = loader.close();
    };
    const loader: Loader = deadly(dataset, { workers: 1, onRestart });
    await expect(collect(loader.batches(0))).rejects.toThrow("batches: expected an open loader, received a closed one.");
    expect(closing).toBeDefined();
    await closing;
    await loader.close();
  });

  it("may be closed at any moment of its end", async () => {
    const dataset = await openDeadly("exit-d");
    for (const delay of [0, 20, 60, 120, 200, 300]) {
      const loader = deadly(dataset, { workers: 2 });
      const outcome = collect(loader.batches(0)).then(() => "done", (error: unknown) => (error as Error).message);
      await setTimeout(delay);
      await loader.close();
      expect(await outcome).toMatch(/received (a closed one|the end of one, after one had been started again)/);
    }
  });

  it("at its start is reported", async () => {
    const dataset = await openDeadly("exit-once-e");
    writeFileSync(join(folder, "wrong.mjs"), "throw new Error('not today');");
    writeFileSync(join(folder, "leaving.mjs"), "process.exit(3);");
    for (const [name, workers, message] of [
      ["wrong", 1, /\(not today, at no batch\)/],
      ["wrong", 2, /\(not today, at (no batch|the batch of epoch 0 with .*)\)/],
      ["leaving", 1, /\(it left without a word, at no batch\)/],
      ["leaving", 2, /\((worker exited with code: 3, at the batch of epoch 0 with .*|it left without a word, at no batch)\)/],
      ["nowhere", 2, /\(Cannot find module '.*nowhere\.mjs'/],
    ] as const) {
      const loader = deadly(dataset, { workers }, { file: join(folder, `${name}.mjs`) });
      await expect(collect(loader.batches(0))).rejects.toThrow(message);
      await loader.close();
    }
  });

  it("after the loader was closed leaves no other in its place", async () => {
    const dataset = await openDeadly("exit-once-f");
    const starts = join(folder, "starts");
    const file = join(folder, "busy.mjs");
    // A thread ends only when its native work is done.
    writeFileSync(
      file,
      `import { pbkdf2 } from "node:crypto";
      import { appendFileSync } from "node:fs";
      appendFileSync(${JSON.stringify(starts)}, "started ");
      export default () => {
        pbkdf2("password", "salt", 500_000, 64, "sha512", () => undefined);
        setImmediate(() => { throw new Error("thrown outside of any task"); });
        return new Promise(() => undefined);
      };`,
    );
    let closing: Promise<void> | undefined;
    const onRestart = (): void => {
      closing = loader.close();
    };
    const loader: Loader = deadly(dataset, { workers: 1, onRestart }, { file });
    await expect(collect(loader.batches(0))).rejects.toThrow("received a closed one");
    await closing;
    const before = readFileSync(starts, "utf8");
    await setTimeout(1500);
    expect(readFileSync(starts, "utf8")).toBe(before);
  });
});
