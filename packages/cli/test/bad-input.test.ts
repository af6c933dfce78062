import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { run } from "../src/index.js";
import { captureOutput } from "./capture-output.js";

const folder = mkdtempSync(join(tmpdir(), "ssl-vit-bad-input-"));
const at = (name: string): string => join(folder, name);
mkdirSync(at("empty"));
mkdirSync(at("texts"));
writeFileSync(at("texts/a.txt"), "no image");
mkdirSync(at("folder.npy"));
mkdirSync(at("cut"));
// A tar header that announces 1000 bytes, and nothing behind it.
const header = Buffer.alloc(512);
header.write("000.jpg");
header.write("0000644\0", 100);
header.write("00000001750\0", 124);
header.write("        ", 148);
header.write("0ustar\u000000", 156);
header.write(`${header.reduce((sum, byte) => sum + byte, 0).toString(8).padStart(6, "0")}\0 `, 148);
writeFileSync(at("cut/shard.tar"), header);

const captured = captureOutput();

const pretrain = ["pretrain", "--method", "simclr", "--data", at("empty"), "--out", at("run")];

describe("wrong usage is one clear line, exit code 2, and nothing written", () => {
  it.each([
    [["pretran"], "Did you mean pretrain?"],
    [["pretrain", "--metod", "simclr"], "Did you mean --method?"],
    [["pretrain", "--method", "simclr"], "required option '-d, --data <path>' not specified"],
    [["pretrain", "--method", "smclr", "--data", folder, "--out", at("run")], 'received "smclr". Did you mean "simclr"?'],
    [[...pretrain, "--batch-size", "0"], 'Expected a whole number of at least 1, received "0".'],
    [[...pretrain, "--set", "method.temprature=1"], '[simclr] Unknown option "temprature". Did you mean "temperature"?'],
    [[...pretrain, "--steps", "1", "--epochs", "1"], "length of the run: expected --epochs or --steps, received both."],
    [pretrain, "received a folder without files"],
    [["pretrain", "--method", "simclr", "--data", at("texts"), "--out", at("run")], "received only other files (.txt)"],
    [["pretrain", "--method", "simclr", "--data", at("none"), "--out", at("run")], "expected an existing file or folder, received nothing there"],
    [["pretrain", "--method", "simclr", "--data", folder], "--out: expected the run's folder, received nothing"],
    [[...pretrain, "--max-time", "2 hours"], 'Expected a time such as 90s, 45m, 2h or 1h30m, received "2 hours".'],
    [[...pretrain, "--keep-last", "0"], 'Expected a whole number of at least 1, received "0".'],
    [[...pretrain, "--distributed", "mpi"], "mpi: expected a process started by mpirun or srun, received one started by itself."],
    [[...pretrain, "--distributed", "gloo"], "Allowed choices are mpi."],
    [[...pretrain, "--distributed-single"], "--distributed-single: expected with --distributed mpi, received without."],
    [[...pretrain, "--distributed-timeout", "5m"], "--distributed-timeout: expected with --distributed mpi, received without."],
    [["eval", "knn", "--checkpoint", at("run/checkpoints/best"), "--train", at("empty"), "--test", at("empty")], "received a folder without files"],
    [["embed", "--checkpoint", "random", "--data", folder, "--out", at("x.foo")], "expected a file name that ends in .npy, .csv, .safetensors, .parquet"],
    [["eval", "knn", "--checkpoint", "random", "--train", at("none"), "--test", folder], "expected an existing file or folder"],
    [["list", "methds"], "Allowed choices are methods, models, engines, datasets, diagnoses."],
  ])("%j", async (argv, message) => {
    expect(await run(argv)).toBe(2);
    expect(captured.both).toContain(message);
    expect(existsSync(at("run"))).toBe(false);
  });

  it("names the shard, the member and the place of a truncated tar", async () => {
    expect(await run(["pretrain", "--method", "simclr", "--data", at("cut"), "--out", at("run")])).toBe(2);
    expect(captured.both).toMatch(/shard\.tar: expected .*000\.jpg.*byte/);
    expect(readdirSync(folder).sort()).toEqual(["cut", "empty", "folder.npy", "texts"]);
  });
});

describe("a message names a path once", () => {
  const random = ["--checkpoint", "random", "--engine", "cpu"];
  const images = mkdtempSync(join(tmpdir(), "ssl-vit-no-pictures-"));
  writeFileSync(join(images, "a.png"), "no picture, but a file of that name");
  afterAll(() => { rmSync(images, { recursive: true }); });
  it.each([
    [["pretrain", "--method", "simclr", "--data", at("none-{0..2}.tar"), "--out", at("run")], "none-{0..2}.tar: expected 3 shards, received 0 of them. Missing: none-0.tar, none-1.tar, none-2.tar."],
    [[...pretrain, "--config", at("none.yaml")], "none.yaml (ENOENT: no such file or directory)."],
    [["pretrain", "--method", at("empty"), "--data", folder, "--out", at("run")], "--method: expected the folder of a package, or a file, received"],
    [["diagnose", at("none")], "none, which is not there. Give the folder that was --out of ssl-vit pretrain."],
    [["diagnose", at("texts")], "texts, which has other files (a.txt)."],
    [["visualize", "views", "--checkpoint", at("none"), "--data", images, "--out", at("run.svg")], "none, which is not there."],
    [["visualize", "views", "--checkpoint", at("texts"), "--data", images, "--out", at("run.svg")], "texts, which has no config.resolved.json."],
    [["eval", "knn", ...random, "--like", at("none"), "--train", at("cut"), "--test", at("cut")], "cut"],
    // And the option that it was given to.
    [["embed", ...random, "--like", at("none"), "--data", images, "--out", at("run.npy")], "--like: expected a run's folder or one of its checkpoints, or a folder or file of weights, received "],
    [["export", "--checkpoint", at("none"), "--format", "hf", "--engine", "cpu", "--out", at("run")], "none. There is nothing of that name."],
    [["export", "--checkpoint", at("texts"), "--format", "hf", "--engine", "cpu", "--out", at("run")], "texts: expected model.safetensors"],
    [["export", "--checkpoint", at("none"), "--format", "hf", "--engine", "cpu", "--out", at("texts")], "texts with a.txt. Name another one, or add --overwrite."],
    // A file that cannot be, since another is where its folder would have to be, or a folder in its place.
    [["diagnose", "runs/none", "--out", at("texts/a.txt/x.svg")], "--out: expected a new file, received "],
    [["diagnose", "runs/none", "--out", at("texts/a.txt/deeper/x.svg")], "x.svg, where a.txt is a file and no folder. Name another folder."],
    [["embed", ...random, "--data", images, "--out", at("texts/a.txt/x.npy")], "x.npy, where a.txt is a file and no folder. Name another folder."],
    [["visualize", "views", "--checkpoint", at("none"), "--data", images, "--overwrite", "--out", at("texts/a.txt/x.png")], "x.png, where a.txt is a file and no folder. Name another folder."],
    [["embed", ...random, "--data", images, "--overwrite", "--out", at("folder.npy")], "folder.npy, which is a folder. Name a file in it."],
    [["eval", "compare", at("none"), at("texts")], "none: expected a result of ssl-vit eval"],
  ])("%j", async (argv, message) => {
    expect(await run(argv)).toBe(2);
    const said = captured.both.split("\n").find((line) => line.startsWith("error: "))!;
    expect(said).toContain(message);
    expect(said.split(folder)).toHaveLength(2);
  });
});

describe("results", () => {
  it("are one JSON value on standard output", async () => {
    expect(await run(["list", "methods", "--json"])).toBe(0);
    const methods = JSON.parse(captured.both) as { name: string }[];
    expect(methods.map(({ name }) => name)).toEqual(expect.arrayContaining(["dino", "mae", "simclr"]));
  });

  it("and help ends with 0 and an example", async () => {
    expect(await run(["pretrain", "--help"])).toBe(0);
    expect(captured.both).toContain("$ ssl-vit pretrain --method dino --data photos/ --out runs/dino");
  });
});
