import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { sharedPath } from "@ssl-vit/testing";
import { describe, expect, it } from "vitest";
import { openDataset } from "../src/index.js";
import { tarMembers } from "../src/tar-members.js";
import { jpeg, picture, png } from "./pictures.js";
import { tarFile } from "./tar-file.js";
import { temporaryFolder, writeFiles } from "./temporary-folder.js";

const folder = temporaryFolder();
const [one, two] = await Promise.all([png(picture(1)), jpeg(picture(2))]);
const cifar10 = sharedPath("data/cifar10");

async function membersOf(path: string): Promise<[name: string, content: string][]> {
  const members: [string, string][] = [];
  for await (const member of tarMembers(path)) members.push([member.name, (await member.content()).toString()]);
  return members;
}

describe("tarMembers", () => {
  // Written by the system's tar, not by this package.
  it.each(["ustar", "pax", "gnu"])("reads what tar writes in the format %s", async (format) => {
    const root = join(folder, format);
    const deep = `${"long-folder-name/".repeat(format === "ustar" ? 8 : 20)}file-é.txt`;
    writeFiles(root, { "a.txt": "first", [deep]: "deep", "z.bin": "z".repeat(2_000_000), "zz.txt": "last" });
    execFileSync("tar", [`--format=${format}`, "--sort=name", "-cf", `${root}.tar`, "-C", root, "."]);
    expect(await membersOf(`${root}.tar`)).toEqual([
      ["./a.txt", "first"],
      [`./${deep}`, "deep"],
      ["./z.bin", "z".repeat(2_000_000)],
      ["./zz.txt", "last"],
    ]);
  });

  const whole = tarFile([
    ["a.txt", "x".repeat(700)],
    ["b.txt", "y".repeat(100)],
  ]);

  it.each([
    ["in a member", 1000, /cut\.tar: expected member "a\.txt" with 700 bytes at byte 512, received the end of the file at byte 1000\. .*cut off/],
    ["in a header", 1600, /expected a header or the end mark after member "a\.txt" at byte 1536, received the end of the file at byte 1600/],
    ["after a member", 2560, /expected a header or the end mark after member "b\.txt" at byte 2560/],
    ["at once", 0, /expected a header or the end mark after its beginning at byte 0/],
  ])("names the place where an archive is cut off %s", async (_, length, message) => {
    const path = join(folder, "cut.tar");
    writeFileSync(path, whole.subarray(0, length));
    await expect(membersOf(path)).rejects.toThrow(message);
  });

  it("names the place of bytes that are no header", async () => {
    const path = join(folder, "damaged.tar");
    const damaged = Buffer.from(whole);
    damaged[1540] = 7;
    writeFileSync(path, damaged);
    await expect(membersOf(path)).rejects.toThrow(/expected a tar header after member "a\.txt" at byte 1536, received bytes that are none/);
  });
});

describe("shards", () => {
  const shard = (files: Parameters<typeof tarFile>[0], name: string): string => {
    const path = join(folder, name);
    writeFileSync(path, tarFile(files));
    return path;
  };

  it("groups members by key and finds labels", async () => {
    const path = shard(
      [
        ["./x/0001.png", one],
        ["./x/0001.cls", "3"],
        ["x/0002.json", '{"label": 1, "caption": "a wave"}'],
        ["x/0002.jpg", two],
        ["x/0003.txt", "no image here"],
        ["x/._0004.png", "hidden"],
        ["x/0004.seg.png", one],
        ["x/0004.json", "[not json"],
      ],
      "groups.tar",
    );
    const dataset = await openDataset(path);
    expect(dataset).toMatchObject({ kind: "webdataset", length: 3, location: path });
    expect([0, 1, 2].map((index) => [dataset.keyOf(index), dataset.labelOf(index)])).toEqual([
      ["x/0001", 3],
      ["x/0002", 1],
      ["x/0004", -1],
    ]);
    expect(Uint8Array.from((await dataset.read(0)).data)).toEqual(picture(1).data);
    expect(await dataset.read(1)).toMatchObject({ width: 20, height: 16 });
    await dataset.close();
  });

  it("has the names of classes when every labelled image has one", async () => {
    const named = (key: string, label: number, name: string): [string, string | Buffer][] => [[`${key}.png`, one], [`${key}.cls`, String(label)], [`${key}.json`, JSON.stringify({ label, class: name })]];
    const whole = await openDataset(shard([...named("a", 3, "eel"), ["b.png", one], ...named("c", 1, "cat")], "named.tar"));
    expect([whole.classes, [0, 1, 2].map((index) => whole.labelOf(index))]).toEqual([["", "cat", "", "eel"], [3, -1, 1]]);
    const partly = await openDataset(shard([...named("a", 3, "eel"), ["b.png", one], ["b.cls", "1"]], "partly.tar"));
    expect(partly).not.toHaveProperty("classes");
    const far = await openDataset(shard(named("a", 2_000_000_000, "eel"), "far.tar"));
    expect([far.classes, far.labelOf(0)]).toEqual([undefined, 2_000_000_000]);
    await expect(openDataset(shard([...named("a", 3, "eel"), ...named("b", 3, "cat")], "two-names.tar"))).rejects.toThrow(/two-names\.tar, class 3: expected one name, "eel" as of a, received "cat" of b/);
  });

  it("refuses a class that is no number", async () => {
    await expect(openDataset(shard([["a.png", one], ["a.cls", "dog"]], "class.tar"))).rejects.toThrow(/member "a\.cls": expected a class number from 0 on, received "dog"/);
  });

  it("expands a pattern and names what is missing", async () => {
    for (const number of ["08", "09", "10"]) shard([[`${number}.png`, one]], `part-${number}.tar`);
    const dataset = await openDataset(join(folder, "part-{08..10}.tar"));
    expect([0, 1, 2].map((index) => dataset.keyOf(index))).toEqual(["08", "09", "10"]);
    await expect(openDataset(join(folder, "part-{08..10}.tar#train"))).rejects.toThrow(/its names tell no split, received #train/);
    await expect(openDataset(join(folder, "part-{10..12}.tar"))).rejects.toThrow(/expected 3 shards, received 1 of them\. Missing: .*part-11\.tar, .*part-12\.tar\./);
    await expect(openDataset(join(folder, "part-{10..08}.tar"))).rejects.toThrow(/Write the lower number first/);
  });

  it("reads more shards than it keeps open", async () => {
    const root = join(folder, "many");
    mkdirSync(root);
    for (let number = 0; number < 70; number++) writeFileSync(join(root, `${String(number).padStart(3, "0")}.tar`), tarFile([["a.png", one]]));
    const dataset = await openDataset(root);
    const images = await Promise.all(Array.from({ length: 210 }, (_, step) => dataset.read((step * 31) % 70)));
    expect(images.every(({ data }) => Buffer.from(picture(1).data).equals(Buffer.from(data)))).toBe(true);
    await dataset.close();
  });

  it("has an image fail, not the data set, when a shard gets shorter", async () => {
    const path = shard([["a.png", one], ["b.png", one]], "shorter.tar");
    const dataset = await openDataset(path);
    writeFileSync(path, readFileSync(path).subarray(0, 1500));
    await expect(dataset.read(1)).rejects.toThrow(/shorter\.tar ends before byte/);
    await dataset.close();
  });

  it("refuses compressed archives and shards without images", async () => {
    writeFileSync(join(folder, "packed.tar.gz"), "x");
    await expect(openDataset(join(folder, "packed.tar.gz"))).rejects.toThrow(/Decompress it/);
    await expect(openDataset(shard([["a.txt", "x"]], "text.tar"))).rejects.toThrow(/expected members named KEY\.jpg .*received 1 shards without any/);
  });
});

describe.skipIf(cifar10 === undefined)("CIFAR-10 (JPEG)", () => {
  it("has its images and balanced labels", async () => {
    const dataset = await openDataset(`${cifar10!}#test`);
    expect(dataset).toMatchObject({ kind: "webdataset", length: 10_000 });
    const counts = new Array<number>(10).fill(0);
    for (let index = 0; index < dataset.length; index++) counts[dataset.labelOf(index)]!++;
    expect(counts).toEqual(new Array(10).fill(1000));
    expect(await dataset.read(9999)).toMatchObject({ width: 32, height: 32, channels: 3 });
    await dataset.close();
  });

  it("asks which split", async () => {
    await expect(openDataset(cifar10!)).rejects.toThrow(/cifar10: expected #test or #train at the end of a path that holds several splits, received none/);
    expect((await openDataset(`webdataset:${cifar10!}/cifar10-train-{000003..000004}.tar#train`)).length).toBe(20_000);
    await expect(openDataset(`${cifar10!}/cifar10-train-000000.tar#test`)).rejects.toThrow(/expected #train, received #test/);
  });
});
