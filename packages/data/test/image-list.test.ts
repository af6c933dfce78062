import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { ConfigError } from "@ssl-vit/core";
import { expect, it } from "vitest";
import { createLoader, openDataset } from "../src/index.js";
import { collect, views } from "./collect-batches.js";
import { picture, png } from "./pictures.js";
import { temporaryFolder, writeFiles } from "./temporary-folder.js";

const folder = temporaryFolder();
const files = await Promise.all([0, 1, 2, 3].map((index) => png(picture(index))));
writeFiles(folder, { "b.png": files[0]!, "sub/a.png": files[1]!, "sub/ü 圖.png": files[2]!, "elsewhere/x.bin": files[3]! });

const write = (name: string, text: string | Buffer): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};

it("reads paths in their order, relative or absolute, with names of classes", async () => {
  const absolute = join(folder, "elsewhere/x.bin");
  const path = write("photos.txt", `\uFEFF# my photos\r\n\r\nsub/ü 圖.png\tzebra\r\n  \t \nb.png\n${absolute}\t élan \nsub/a.png\tzebra\nb.png\télan`);
  const dataset = await openDataset(path);
  expect(dataset).toMatchObject({ kind: "list", length: 5, classes: ["zebra", "élan"], location: path });
  expect([0, 1, 2, 3, 4].map((index) => [dataset.keyOf(index), dataset.labelOf(index)])).toEqual([
    ["sub/ü 圖.png", 0],
    ["b.png", -1],
    [absolute, 1],
    ["sub/a.png", 0],
    ["b.png", 1],
  ]);
  for (const [index, number] of [2, 0, 3, 1, 0].entries()) expect(Uint8Array.from((await dataset.read(index)).data)).toEqual(picture(number).data);
});

it("takes whole numbers for classes as they are", async () => {
  const dataset = await openDataset(`list:${write("numbers", "b.png\t7\nsub/a.png\t-1\nb.png\t0")}`);
  expect(dataset).not.toHaveProperty("classes");
  expect([0, 1, 2].map((index) => dataset.labelOf(index))).toEqual([7, -1, 0]);
  expect((await openDataset(write("mixed.txt", "b.png\t7\nb.png\t7b"))).classes).toEqual(["7", "7b"]);
  await expect(openDataset(write("negative.txt", "b.png\t7\n\nb.png\t-2"))).rejects.toThrow(/negative\.txt, line 3: expected a class number from 0 to 2147483647, or -1 for none, received -2/);
});

it("chooses a split by the name of the list", async () => {
  const path = write("train.txt", "b.png");
  expect((await openDataset(`${path}#train`)).length).toBe(1);
  await expect(openDataset(`${path}#test`)).rejects.toThrow(/expected #train, received #test/);
});

it("counts a file that is missing as a broken image, in worker threads too", async () => {
  const dataset = await openDataset(write("missing.txt", "b.png\nnowhere/at all.png\nsub/a.png"));
  for (const workers of [0, 1]) {
    const loader = createLoader(dataset, { views, batchSize: 3, seed: 0, shuffle: false, workers });
    const [batch] = await collect(loader.batches(0));
    expect([...batch!.indices]).toEqual([0, 2, 2]);
    expect([...loader.skipped]).toEqual([["nowhere/at all.png", expect.stringMatching(/^ENOENT: no such file or directory, open '.*nowhere\/at all\.png'/)]]);
    await loader.close();
  }
});

it.each([
  ["no line", "", /expected a path on each line, received 1 lines without any/],
  ["comments only", "# a\n\n#b\n", /expected a path on each line, received 4 lines without any/],
  ["UTF-16", Buffer.from("\uFEFFb.png\n", "utf16le"), /bad\.txt: expected a text in UTF-8, received bytes of 0, as UTF-16 has them\. Save it as UTF-8\./],
  ["what is no text", Buffer.alloc(300_000, 7), /expected a text with a path on each line, received a line of more than 65536 bytes/],
])("refuses a list with %s", async (_, text, message) => {
  const error: unknown = await openDataset(write("bad.txt", text)).catch((problem: unknown) => problem);
  expect(ConfigError.isInstance(error)).toBe(true);
  expect((error as Error).message).toMatch(message);
});

it.each([" ", ",", ";"])("points to the tab when no file is there because classes stand behind %j", async (separator) => {
  const dataset = await openDataset(write("separated.txt", ["b.png", "sub/a.png"].map((path) => `${path}${separator}1`).join("\n")));
  const loader = createLoader(dataset, { views, batchSize: 2, seed: 0 });
  await expect(collect(loader.batches(0))).rejects.toThrow(/received more, among them .*\. Paths are relative to the list's folder, and a class stands behind a tab/);
});

it("reads a long list in pieces", async () => {
  const lines = Array.from({ length: 60_000 }, (_, index) => `sub/image ${index} é.png\tclass ${index % 7}`);
  const dataset = await openDataset(write("long.txt", lines.join("\n")));
  expect(dataset.length).toBe(60_000);
  expect(lines.findIndex((line, index) => line !== `${dataset.keyOf(index)}\tclass ${dataset.labelOf(index)}`)).toBe(-1);
});
