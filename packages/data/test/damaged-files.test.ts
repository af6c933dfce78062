/** Files that are damaged in every way: each is read or refused with a reason, soon, and without taking memory that is not given back. */
import { truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ConfigError } from "@ssl-vit/core";
import { describe, expect, it } from "vitest";
import { createLoader, openDataset } from "../src/index.js";
import { decodeImage } from "../src/decode-image.js";
import { decodeSmallJpeg } from "../src/decode-small-jpeg.js";
import { collect, views } from "./collect-batches.js";
import { KINDS_OF_DAMAGE, mutate } from "./mutate.js";
import { encoder, jpeg, picture, png } from "./pictures.js";
import { pngClaiming, withChecksums } from "./png-file.js";
import { tarFile } from "./tar-file.js";
import { temporaryFolder, writeFiles } from "./temporary-folder.js";

const folder = temporaryFolder();
const FILES = 500;

const originals = {
  "small JPEG": [await jpeg(picture(1)), await encoder(picture(2)).jpeg({ progressive: true }).toBuffer(), await jpeg(picture(3, 20, 16, 1))],
  JPEG: [await jpeg(picture(4, 300, 260)), await encoder(picture(5, 40, 30)).withMetadata({ orientation: 6 }).withIccProfile("p3").jpeg().toBuffer()],
  PNG: [await png(picture(6)), await encoder(picture(7)).png({ palette: true }).toBuffer(), await encoder(picture(8, 60, 50)).png({ progressive: true, adaptiveFiltering: true }).toBuffer()],
};

const memory = (): number => process.memoryUsage().rss;
const MEGABYTE = 2 ** 20;

describe.each(Object.entries(originals))("%s files", (kind, files) => {
  it("are decoded or refused with a reason, soon", async () => {
    const outcomes = new Map<string, number>();
    const before = memory();
    for (let number = 0; number < FILES; number++) {
      const started = performance.now();
      const file = mutate(files[Math.floor(number / KINDS_OF_DAMAGE) % files.length]!, number);
      const outcome = await decodeImage(kind === "PNG" && number % 4 > 0 ? withChecksums(file) : file).then(
        ({ width, height, channels, data }) => (data.length === width * height * channels ? "decoded" : "of the wrong size"),
        (error: unknown) => (error instanceof Error ? error.message : "no error"),
      );
      expect(performance.now() - started).toBeLessThan(5000);
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    }
    const reasons = [...outcomes.keys()];
    expect(reasons.every((reason) => /^(decoded|the file is (empty|damaged or cut off)|the image claims \d+ x \d+ pixels.*|Input .*)$/.test(reason)), reasons.join("\n")).toBe(true);
    expect(outcomes.get("decoded")).toBeGreaterThan(FILES / 50);
    expect(FILES - outcomes.get("decoded")!).toBeGreaterThan(FILES / 5);
    // The files are of 30 kB at most, their images of 240 kB; a damaged header may claim more.
    expect(memory() - before).toBeLessThan(150 * MEGABYTE);
  });
});

it("small JPEG files do not fill up their decoder, however many are damaged", async () => {
  const whole = await jpeg(picture(9, 250, 250));
  const cut = whole.subarray(0, 1000);
  for (let file = 0; file < 5000; file++) expect(await decodeSmallJpeg(cut)).toBeUndefined();
  expect(await decodeSmallJpeg(whole)).toMatchObject({ width: 250, height: 250 });
});

describe("tar archives", () => {
  const archive = tarFile(
    Array.from({ length: 3 }, (_, index) => [
      [`folder/${index}.png`, originals.PNG[0]!] as const,
      [`folder/${index}.cls`, String(index)] as const,
      [`folder/${index}.json`, JSON.stringify({ label: index })] as const,
    ]).flat(),
  );

  it("are read or refused with a reason, soon", async () => {
    const path = join(folder, "damaged.tar");
    let opened = 0;
    const before = memory();
    for (let number = 0; number < FILES; number++) {
      writeFileSync(path, mutate(archive, number));
      const started = performance.now();
      const outcome = await openDataset(path).catch((error: unknown) => error);
      if (ConfigError.isInstance(outcome)) {
        expect(outcome.message).toMatch(/damaged\.tar.*: expected .*, received /);
      } else {
        const dataset = outcome as Awaited<ReturnType<typeof openDataset>>;
        opened++;
        for (let index = 0; index < dataset.length; index++) {
          const image = await dataset.read(index).catch((error: unknown) => error);
          if (image instanceof Error) expect(image.message).not.toBe("");
          else expect(image).toMatchObject({ width: 20, height: 16 });
        }
        await dataset.close();
      }
      expect(performance.now() - started).toBeLessThan(5000);
    }
    expect(opened).toBeGreaterThan(FILES / 50);
    expect(FILES - opened).toBeGreaterThan(FILES / 5);
    expect(memory() - before).toBeLessThan(150 * MEGABYTE);
  });

  /** A tar header with a size of one's own, and its checksum. */
  function claiming(name: string, size: string, type = "0"): Buffer {
    const block = tarFile([[name, ""]]).subarray(0, 512);
    block.write(size, 124, 12, "latin1");
    block.write(type, 156);
    block.fill(" ", 148, 156);
    block.write(`${block.reduce((sum, byte) => sum + byte, 0).toString(8).padStart(6, "0")}\0 `, 148);
    return block;
  }

  it.each([
    ["a member of 8 GB", claiming("a.png", "77777777777\0"), /expected member "a\.png" with 8589934591 bytes at byte 512, received the end of the file/],
    ["a member of more than any file", claiming("a.png", `\x80${"\x7f".repeat(11)}`), /expected member "a\.png" with \d\.\d+e\+\d+ bytes at byte 512, received the end of the file/],
    ["a size below 0", claiming("a.png", "-0000001000\0"), /expected member "a\.png" with -512 bytes/],
    ["a size that is none", claiming("a.png", "many bytes\0\0"), /expected member "a\.png" with NaN bytes/],
    ["a long name of 8 GB", claiming("x", "77777777777\0", "L"), /received the end of the file/],
    ["a pax header with a size below 0", Buffer.concat([claiming("x", "00000000014\0", "x"), Buffer.from("12 size=-99\n".padEnd(512, "\0")), claiming("a.png", "00000000000\0")]), /with -99 bytes/],
  ])("are refused with %s", async (_, start, message) => {
    const path = join(folder, "claiming.tar");
    writeFileSync(path, Buffer.concat([start, Buffer.alloc(2048)]));
    const error: unknown = await openDataset(path).catch((problem: unknown) => problem);
    expect(ConfigError.isInstance(error)).toBe(true);
    expect((error as Error).message).toMatch(message);
  });

  it("do not have what is no image read into memory, however large it is", async () => {
    const large = 3 * 2 ** 30;
    const octal = `${large.toString(8).padStart(11, "0")}\0`;
    /** A file with a hole: it takes no room on the disk. */
    const sparse = (name: string, first: Buffer): string => {
      const path = join(folder, name);
      writeFileSync(path, first);
      truncateSync(path, first.length + large + 1024);
      return path;
    };
    const before = memory();
    const image = tarFile([["a.png", originals.PNG[0]!]]).subarray(0, -1024);
    await expect(openDataset(sparse("name.tar", claiming("x", octal, "L")))).rejects.toThrow(/expected a long name or pax header after its beginning at byte 512, received one of 3221225472 bytes/);
    await expect(openDataset(sparse("class.tar", Buffer.concat([image, claiming("a.cls", octal)])))).rejects.toThrow(/member "a\.cls": expected a class number from 0 on, received "3221225472 bytes"/);
    const dataset = await openDataset(sparse("json.tar", Buffer.concat([image, claiming("a.json", octal)])));
    expect([dataset.length, dataset.labelOf(0)]).toEqual([1, -1]);
    const images = await openDataset(sparse("image.tar", claiming("a.png", octal)));
    await expect(images.read(0)).rejects.toThrow("a file of more than 1073741824 bytes");
    const file = await openDataset(`list:${((path) => (writeFileSync(path, "image.tar"), path))(join(folder, "large.txt"))}`);
    await expect(file.read(0)).rejects.toThrow("a file of 3221227008 bytes; images have at most 1073741824");
    expect(memory() - before).toBeLessThan(100 * MEGABYTE);
    await Promise.all([dataset, images, file].map((opened) => opened.close()));
  });

  it("are not searched in a billion shards", async () => {
    await expect(openDataset(join(folder, "part-{0..9}-{0..99999999999}.tar"))).rejects.toThrow(/expected at most 1000000 shards, received 1000000000000/);
  });
});

describe("images that claim more pixels than can be", () => {
  it("are refused before memory is taken, and counted", async () => {
    const before = memory();
    await expect(decodeImage(pngClaiming(60_000, 60_000))).rejects.toThrow("the image claims 60000 x 60000 pixels, more than the 178956970 that are decoded");
    await expect(decodeImage(pngClaiming(13_400, 13_400))).rejects.toThrow("the image claims 13400 x 13400 pixels");
    writeFiles(join(folder, "bombs"), { "bomb.png": pngClaiming(60_000, 60_000), "empty.png": "", "good.png": originals.PNG[0]!, "other.png": originals.PNG[1]! });
    const loader = createLoader(await openDataset(join(folder, "bombs")), { views, batchSize: 4, seed: 0, shuffle: false });
    expect([...(await collect(loader.batches(0)))[0]!.indices]).toEqual([2, 2, 2, 3]);
    expect([...loader.skipped]).toEqual([
      ["bomb.png", "the image claims 60000 x 60000 pixels, more than the 178956970 that are decoded"],
      ["empty.png", "the file is empty"],
    ]);
    expect(memory() - before).toBeLessThan(100 * MEGABYTE);
  });
});
