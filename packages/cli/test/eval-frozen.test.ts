import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { run } from "../src/index.js";
import { captureOutput } from "./capture-output.js";

const folder = mkdtempSync(join(tmpdir(), "ssl-vit-frozen-"));
const at = (name: string): string => join(folder, name);

/** Red, green and blue squares, no two alike: `first` is the first shade. */
async function drawClasses(name: string, count: number, first: number): Promise<void> {
  for (const [index, label] of ["blue", "green", "red"].entries()) {
    mkdirSync(at(`${name}/${label}`), { recursive: true });
    for (let picture = 0; picture < count; picture++) {
      const color = [30, 30, 30];
      color[2 - index] = first + 2 * picture;
      const [r, g, b] = color as [number, number, number];
      await sharp({ create: { width: 8, height: 8, channels: 3, background: { r, g, b } } }).toFile(at(`${name}/${label}/${picture}.png`));
    }
  }
}

beforeAll(async () => {
  await drawClasses("train", 10, 100);
  await drawClasses("test", 4, 181);
});
afterAll(() => { rmSync(folder, { recursive: true }); });

const captured = captureOutput();
afterEach(() => { process.exitCode = undefined; });

const evaluate = (kind: string, ...more: readonly string[]): Promise<number> => {
  const given = (flag: string, value: string): readonly string[] => (more.includes(flag) ? [] : [flag, value]);
  const pixels = ["--checkpoint", "pixels", "--image-size", "8", "--engine", "cpu", "--workers", "0"];
  return run(["eval", kind, ...pixels, ...given("--train", at("train")), ...given("--test", at("test")), ...more]);
};
const printed = (): Record<string, unknown> & { readonly protocol: Record<string, unknown> } => JSON.parse(captured.printed) as ReturnType<typeof printed>;
const filesOf = (name: string): readonly string[] => readdirSync(at(name)).sort();

describe("eval knn", () => {
  it("gives one setting's numbers with their protocol, as one object", async () => {
    expect(await evaluate("knn", "-k", "5", "--json"), captured.both).toBe(0);
    const { protocol, confusion, top1Interval, ...rest } = printed();
    expect(rest).toEqual({ top1: 1, top5: 1, overlap: 0, checkpoint: "pixels", engine: "cpu" });
    expect(protocol).toMatchObject({ kind: "knn", k: 5, temperature: 0.07, distance: "cosine", layer: "pixels", trainImages: 30, testImages: 12, classes: 3 });
    expect(confusion).toEqual([[4, 0, 0], [0, 4, 0], [0, 0, 4]]);
    // Wilson's interval of 12 of 12.
    expect(top1Interval).toEqual([expect.closeTo(0.7575, 3), expect.closeTo(1, 6)]);
  });

  it("gives all of several settings, and draws accuracy by k and the confusion", async () => {
    expect(await evaluate("knn", "--k", "1,5,20", "--temperature", "0.07,1", "--out", at("grid/knn.json")), captured.both).toBe(0);
    const { results, overlap } = JSON.parse(readFileSync(at("grid/knn.json"), "utf8")) as { results: { top1: number; protocol: { k: number; temperature: number } }[]; overlap: number };
    expect(results.map(({ protocol: { k, temperature } }) => [k, temperature])).toEqual([[1, 0.07], [1, 1], [5, 0.07], [5, 1], [20, 0.07], [20, 1]]);
    expect(overlap).toBe(0);
    expect(captured.printed.match(/^\| +\d+ \|/gm)?.length).toBe(6);
    expect(captured.printed).toContain("Report all settings");
    expect(filesOf("grid")).toEqual(["knn-by-k.png", "knn-by-k.svg", "knn-confusion.png", "knn-confusion.svg", "knn.json"]);
    const [confusion, byK] = ["confusion", "by-k"].map((name) => readFileSync(at(`grid/knn-${name}.svg`), "utf8").replaceAll(/<\/?tspan[^>]*>/g, " ").replaceAll(/\s+/g, " "));
    for (const word of ["green", "k 1, temperature 0.07", "the first of 6 settings"]) expect(confusion).toContain(word);
    for (const word of ["k-NN on test", "95 % confidence intervals", "chance, 33.3 %"]) expect(byK).toContain(word);
    expect(byK).not.toContain(folder);
  });

  it("warns of test images that are in the training set, naming two", async () => {
    cpSync(at("train"), at("leaky"), { recursive: true });
    for (const picture of [0, 1, 2]) cpSync(at(`test/red/${picture}.png`), at(`leaky/red/leak-${picture}.png`));
    expect(await evaluate("knn", "--train", at("leaky"), "--json"), captured.both).toBe(0);
    expect(printed()["overlap"]).toBe(3);
    expect(captured.told).toContain("3 of 12 test images are in the training set as well: red/0.png (there red/leak-0.png), red/1.png (there red/leak-1.png), …. Accuracy on them says nothing of new images.");
  });

  it.each([
    [["-k", "31"], 2, "--k: expected at most 30, the images of "],
    [["-k", "5,5"], 2, 'Expected each number once, received "5,5".'],
    [["-k", "0"], 2, "whole number of at least 1"],
    [["--temperature", "0.1,-1"], 2, "a number above 0"],
    [["--crop-ratio", "1.5"], 2, "--crop-ratio <x>' argument '1.5' is invalid. Expected a number above 0 and at most 1"],
  ])("refuses %j", async (given, code, message) => {
    expect(await evaluate("knn", ...given)).toBe(code);
    expect(captured.told).toContain(message);
  });

  it("refuses training images of one class, by name", async () => {
    mkdirSync(at("one"));
    cpSync(at("train/red"), at("one/red"), { recursive: true });
    expect(await evaluate("knn", "--train", at("one"), "--test", at("one"))).toBe(2);
    expect(captured.told).toContain("expected at least two, received one: all 10 images are of red.");
  });
});

describe("a test set of one class", () => {
  it("is warned of", async () => {
    cpSync(at("test/blue"), at("bluish/blue"), { recursive: true });
    expect(await evaluate("knn", "-k", "5", "--test", at("bluish")), captured.both).toBe(0);
    expect(captured.told).toMatch(/All 4 test images of .*bluish are of one class, blue: accuracy on them says nothing of the others\./);
  });
});

describe("eval transfer", () => {
  const transfer = (...more: readonly string[]): Promise<number> => run(["eval", "transfer", "--checkpoint", "pixels", "--image-size", "8", "--engine", "cpu", "--workers", "0", "--no-plots", ...more]);

  it("judges by the k, temperature and weight decay that it is told", async () => {
    expect(await transfer("--to", `a=${at("train")},${at("test")}`, "--k", "5", "--temperature", "0.5", "--weight-decay", "0.01", "--json"), captured.both).toBe(0);
    const [row] = printed()["results"] as { knn: { protocol: object }; linear: { protocol: object } }[];
    expect(row!.knn.protocol).toMatchObject({ k: 5, temperature: 0.5 });
    expect(row!.linear.protocol).toMatchObject({ weightDecay: 0.01 });
    expect(captured.told).toMatch(/a, pixels {4}k-NN [\d.]+ %, linear [\d.]+ %/);
  });

  it("refuses any set that is unusable before features of the first", async () => {
    mkdirSync(at("only"));
    cpSync(at("train/red"), at("only/red"), { recursive: true });
    const good = `a=${at("train")},${at("test")}`;
    expect(await transfer("--to", good, `b=${at("only")},${at("only")}`, "--k", "5")).toBe(2);
    expect(captured.told).toContain("all 10 images are of red");
    expect(await transfer("--to", good, "--k", "31")).toBe(2);
    expect(captured.told).toContain("--k: expected at most 30, the images of ");
    expect(captured.told).not.toContain("features ");
  });

  it("keeps what is done when a later set fails", async () => {
    // Its labels are there, its images are not.
    cpSync(at("train"), at("broken"), { recursive: true });
    for (const label of ["blue", "green"]) for (const name of readdirSync(at(`broken/${label}`))) writeFileSync(at(`broken/${label}/${name}`), "no image");
    expect(await transfer("--to", `a=${at("train")},${at("test")}`, `b=${at("broken")},${at("test")}`, "--k", "5", "--out", at("partial.json"))).toBe(1);
    const { results, failed } = JSON.parse(readFileSync(at("partial.json"), "utf8")) as { results: { data: string }[]; failed: { data: string; reason: string } };
    expect(results.map(({ data }) => data)).toEqual(["a"]);
    expect(failed).toMatchObject({ data: "b", features: "pixels", reason: expect.stringContaining("cannot be read") as string });
    expect(captured.printed).toContain("Not complete: it failed at b, pixels.");
  });

  it("keeps the sets that are done when Ctrl-C ends it", async () => {
    const interrupt = setInterval(() => {
      if (!captured.told.includes("a, pixels    k-NN")) return;
      clearInterval(interrupt);
      process.emit("SIGINT");
    }, 0);
    const sets = Array.from({ length: 60 }, (_, index) => `${index === 0 ? "a" : `a${index}`}=${at("train")},${at("test")}`);
    expect(await transfer("--to", ...sets, "--k", "5", "--out", at("stopped.json"))).toBe(130);
    const { results, stopped } = JSON.parse(readFileSync(at("stopped.json"), "utf8")) as { results: object[]; stopped: boolean };
    expect([results.length > 0 && results.length < 60, stopped]).toEqual([true, true]);
    expect(captured.printed).toContain("Not complete: it was stopped.");
  });
});

describe("eval retrieval", () => {
  it("gives recall, mAP and MAP@R of queries in a gallery", async () => {
    expect(await evaluate("retrieval", "--json", "-k", "1,3"), captured.both).toBe(0);
    const { protocol, ...rest } = printed();
    expect(rest).toEqual({ recallAt1: 1, recallAt3: 1, meanAveragePrecision: 1, meanAveragePrecisionAtR: 1, queriesWithoutMatch: 0, overlap: 0, checkpoint: "pixels", engine: "cpu" });
    expect(protocol).toMatchObject({ kind: "retrieval", leavesOwnImageOut: false, trainImages: 30, testImages: 12 });
  });

  it("leaves each image itself out when the queries are the gallery, and does not warn of that", async () => {
    expect(await evaluate("retrieval", "--test", at("train"), "-k", "1"), captured.both).toBe(0);
    expect(captured.printed).toContain('"leavesOwnImageOut":true');
    expect(captured.told).not.toContain("as well");
    expect(captured.told.match(/features {2}30 images/g)?.length).toBe(1);
  });

  it("refuses a k above the gallery", async () => {
    expect(await evaluate("retrieval", "-k", "31")).toBe(2);
    expect(captured.told).toContain("--k: expected at most 30, the images of ");
  });
});

describe("eval fewshot", () => {
  it("gives every setting by both classifiers, over draws, with a figure", async () => {
    expect(await evaluate("fewshot", "--shots", "1,5", "--shares", "0.5", "--draws", "3", "--out", at("few/fewshot.json")), captured.both).toBe(0);
    const { results } = JSON.parse(readFileSync(at("few/fewshot.json"), "utf8")) as { results: { accuracies: number[]; protocol: { labelled: object; labelledImages: number; draws: number; seed: number } }[] };
    expect(results.map(({ protocol: { labelled, labelledImages } }) => [labelled, labelledImages])).toEqual(
      [[{ shots: 1 }, 3], [{ shots: 5 }, 15], [{ share: 0.5 }, 15]].flatMap((setting) => [setting, setting]),
    );
    for (const { accuracies, protocol } of results) expect([accuracies.length, protocol.draws, protocol.seed]).toEqual([3, 3, 0]);
    expect(captured.printed).toMatch(/\| 5 a class *\| +15 \| nearest centroid/);
    expect(filesOf("few")).toEqual(["fewshot-curves.png", "fewshot-curves.svg", "fewshot.json"]);
  });

  it("says the same again, and something else by another seed", async () => {
    const accuracies = async (seed: string): Promise<unknown> => {
      captured.printed = "";
      expect(await evaluate("fewshot", "--shots", "1", "--shares", "none", "--draws", "4", "--seed", seed, "--json"), captured.both).toBe(0);
      return printed()["results"];
    };
    const first = await accuracies("1");
    expect(await accuracies("1")).toEqual(first);
    expect(await accuracies("2")).not.toEqual(first);
  });

  it("names the class that has too few images", async () => {
    cpSync(at("train"), at("small"), { recursive: true });
    for (const picture of [3, 4, 5, 6, 7, 8, 9]) rmSync(at(`small/green/${picture}.png`));
    expect(await evaluate("fewshot", "--train", at("small"), "--out", at("small.json"))).toBe(2);
    expect(captured.told).toContain("expected at least 10 images of every class, received 3 of class 1 (green). Ask for fewer shots");
    expect(captured.told).not.toContain("features ");
    expect(existsSync(at("small.json"))).toBe(false);
  });

  it("refuses no setting at all", async () => {
    expect(await evaluate("fewshot", "--shots", "none", "--shares", "none")).toBe(2);
    expect(captured.told).toContain("--shots: expected some, or --shares, received none of both.");
  });
});
