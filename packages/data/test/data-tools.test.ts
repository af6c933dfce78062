import { createServer, type Server, type ServerResponse } from "node:http";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { RawImage } from "@ssl-vit/augment";
import { createRandom } from "@ssl-vit/core";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { convertToShards, type DatasetDownload, datasetDownloads, downloadDataset, type ImageDataset, inspectDataset, openDataset } from "../src/index.js";
import { encodedExtension } from "../src/encoded-extension.js";
import { asAnotherUser } from "./as-another-user.js";
import { jpeg, picture, png } from "./pictures.js";
import { tarFile } from "./tar-file.js";
import { temporaryFolder, writeFiles } from "./temporary-folder.js";

const folder = temporaryFolder();
const at = (name: string): string => join(folder, name);

/** An image with its values as plain numbers, whatever memory they lie in. */
const valuesOf = ({ data, ...rest }: RawImage): object => ({ ...rest, bits: data.BYTES_PER_ELEMENT * 8, values: [...data] });

describe("inspectDataset", () => {
  /** Two grey pixels of 16 bits and one RGB pixel of bytes, by hand. */
  const byHand: ImageDataset = {
    location: "by hand",
    kind: "memory",
    length: 4,
    classes: ["a", "b", "c"],
    keyOf: (index) => `image ${index}`,
    labelOf: (index) => [0, 1, 1, -1][index]!,
    read: (index) => {
      if (index === 3) return Promise.reject(new Error("torn"));
      if (index === 2) return Promise.resolve({ width: 1, height: 1, channels: 3, data: Uint8Array.of(0, 51, 255) });
      return Promise.resolve({ width: 1, height: 2, channels: 1, data: Uint16Array.of(0, index === 0 ? 65_535 : 0) });
    },
    descriptor: { kind: "memory" },
    close: () => Promise.resolve(),
  };

  it("counts images, classes, sizes, formats and broken images, and pools each channel's pixels", async () => {
    const progress: number[] = [];
    const report = await inspectDataset(byHand, { onProgress: (done) => progress.push(done) });
    expect(report).toMatchObject({
      images: 4,
      inspected: 4,
      classes: [{ name: "a", images: 1 }, { name: "b", images: 2 }, { name: "c", images: 0 }],
      unlabelled: 1,
      sizes: { width: [1, 1, 1], height: [1, 2, 2], different: 2 },
      broken: [{ key: "image 3", reason: "torn" }],
    });
    expect(report.formats.map(({ channels, bits, images }) => [channels, bits, images])).toEqual([[1, 16, 2], [3, 8, 1]]);
    // Of 1, 0, 0, 0: mean 1/4, variance 3/16.
    expect(report.formats[0]!.statistics[0]!.mean).toBeCloseTo(0.25, 12);
    expect(report.formats[0]!.statistics[0]!.std).toBeCloseTo(Math.sqrt(3) / 4, 12);
    expect(report.formats[1]!.statistics.map(({ mean, std }) => [mean, std])).toEqual([[0, 0], [0.2, 0], [1, 0]]);
    expect(progress).toEqual([1, 2, 3, 4]);
  });

  it("pools the images of a mixed set as a loader makes them of one number of channels", async () => {
    const grey = (value: number): RawImage => ({ width: 1, height: 1, channels: 1, data: Uint8Array.of(value) });
    const red: RawImage = { width: 1, height: 1, channels: 3, data: Uint8Array.of(255, 0, 0) };
    const four: RawImage = { width: 1, height: 1, channels: 4, data: Uint8Array.of(1, 2, 3, 4) };
    const words: RawImage = { width: 1, height: 1, channels: 1, data: Uint16Array.of(65_535) };
    const normalizationOf = async (...images: RawImage[]): Promise<unknown> => {
      const { normalization } = await inspectDataset({ ...byHand, length: images.length, labelOf: () => -1, read: (index) => Promise.resolve(images[index]!) });
      return normalization && [normalization.channels, normalization.images, ...normalization.statistics.map(({ mean, std }) => [mean, std].map((value) => Number(value.toFixed(10))))];
    };
    // PIL's luma of red is 76; the mean and deviation of 0, 1 and 76 / 255.
    const mean = (76 / 255 + 1) / 3;
    const std = Math.sqrt(((76 / 255) ** 2 + 1) / 3 - mean ** 2);
    expect(await normalizationOf(grey(0), words, red, four)).toEqual([1, 3, [mean, std].map((value) => Number(value.toFixed(10)))]);
    expect(await normalizationOf(red, red, red, grey(0))).toEqual([3, 4, [0.75, Number((Math.sqrt(3) / 4).toFixed(10))], [0, 0], [0, 0]]);
    expect((await inspectDataset({ ...byHand, notes: ["labels are left out"] }, { images: 1 })).notes).toEqual(["labels are left out"]);
    expect(await normalizationOf()).toBeUndefined();
  });

  it("takes images at even distances, and ends when it is told to", async () => {
    const seen: number[] = [];
    const watched = { ...byHand, read: (index: number) => (seen.push(index), byHand.read(index)) };
    expect(await inspectDataset(watched, { images: 2 })).toMatchObject({ images: 4, inspected: 2 });
    expect(seen).toEqual([0, 2]);
    expect(await inspectDataset(byHand, { signal: AbortSignal.abort() })).toMatchObject({ inspected: 0, formats: [] });
  });
});

describe("convertToShards", () => {
  let original: ImageDataset;
  beforeAll(async () => {
    const files = await Promise.all(Array.from({ length: 7 }, (_, index) => (index % 2 === 0 ? png(picture(index)) : jpeg(picture(index)))));
    writeFiles(at("photos"), Object.fromEntries(files.map((file, index) => [`${index < 4 ? "cat" : "dog"}/no.${index}.${index % 2 === 0 ? "png" : "jpg"}`, file])));
    writeFileSync(at("photos/dog/broken.jpg"), "no image");
    original = await openDataset(at("photos"));
  });

  it("keeps files, order and labels, leaves out what cannot be read, and writes the same bytes again", async () => {
    const skipped: string[] = [];
    const out = at("shards/photos.tar");
    expect(await convertToShards(original, out, { imagesPerShard: 3, onSkip: (key) => skipped.push(key) })).toEqual({ pattern: at("shards/photos-{000000..000002}.tar"), shards: 3, images: 7, skipped: 1 });
    expect(skipped).toEqual(["dog/broken.jpg"]);
    expect(readdirSync(at("shards")).sort()).toEqual(["photos-000000.tar", "photos-000001.tar", "photos-000002.tar"]);

    const shards = await openDataset(at("shards/photos-{000000..000002}.tar"));
    const readable = Array.from({ length: original.length }, (_, index) => index).filter((index) => original.keyOf(index) !== "dog/broken.jpg");
    expect(Array.from({ length: shards.length }, (_, index) => shards.labelOf(index))).toEqual(readable.map((index) => original.labelOf(index)));
    expect(shards.keyOf(0)).toBe("cat/no_0");
    for (const [place, index] of readable.entries()) expect(valuesOf(await shards.read(place))).toEqual(valuesOf(await original.read(index)));
    await shards.close();

    const again = await convertToShards(original, at("again/photos.tar"), { imagesPerShard: 3 });
    expect(again.shards).toBe(3);
    for (const name of readdirSync(at("shards"))) expect(readFileSync(at(`again/${name}`)).equals(readFileSync(at(`shards/${name}`)))).toBe(true);
  });

  it.each([[1, 8], [3, 8], [1, 16], [3, 16]] as const)("writes plain pixels of %i channels and %i bits as PNG, without loss", async (channels, bits) => {
    const values = Array.from({ length: 12 * channels }, (_, index) => (index * 7919) % 2 ** bits);
    const image = { width: 4, height: 3, channels, data: bits === 8 ? Uint8Array.from(values) : Uint16Array.from(values) };
    const plain: ImageDataset = { location: "plain", kind: "memory", length: 2, keyOf: String, labelOf: () => 5, read: () => Promise.resolve(image), descriptor: { kind: "memory" }, close: () => Promise.resolve() };
    const { pattern } = await convertToShards(plain, at(`plain/${channels}-${bits}-%06d.tar`));
    const shards = await openDataset(pattern);
    expect([shards.keyOf(1), shards.labelOf(1)]).toEqual(["1", 5]);
    expect(valuesOf(await shards.read(1))).toEqual(valuesOf(image));
    await shards.close();
  });

  const keysOf = (data: ImageDataset): string[] => Array.from({ length: data.length }, (_, index) => data.keyOf(index));

  it("keeps the names of classes, so that those of train and test can be held against each other", async () => {
    const file = await png(picture(0));
    writeFiles(at("train"), { "cat/1.png": file, "dog/1.png": file, "eel/1.png": file });
    writeFiles(at("test"), { "cat/1.png": file, "eel/1.png": file });
    const classes = [];
    for (const name of ["train", "test"]) {
      const { pattern } = await convertToShards(await openDataset(at(name)), at(`named/${name}.tar`));
      const shards = await openDataset(pattern);
      classes.push([shards.classes, Array.from({ length: shards.length }, (_, index) => shards.labelOf(index))]);
      await shards.close();
    }
    expect(classes).toEqual([[["cat", "dog", "eel"], [0, 1, 2]], [["cat", "eel"], [0, 1]]]);
    // As one set they would have two classes of one number.
    await expect(openDataset(at("named"))).rejects.toThrow("expected #test or #train");
    writeFiles(at("mixed"), { "a.tar": readFileSync(at("named/test-000000.tar")), "b.tar": readFileSync(at("named/train-000000.tar")) });
    await expect(openDataset(at("mixed"))).rejects.toThrow(/mixed, class 1: expected one name, "eel" as of eel\/1, received "dog" of dog\/1\. Shards of data sets with other classes/);
  });

  it("tells images by their bytes where their endings are free, and keeps keys inside the archive and apart", async () => {
    const [one, two] = await Promise.all([png(picture(1)), jpeg(picture(2))]);
    writeFiles(at("free"), { "lists/list.txt": ["../img0.dat", "../a/./img.png", "../a/img.jpg", "../a/img-2.png", at("free/img0.dat")].join("\n"), "img0.dat": two, "a/img.png": one, "a/img.jpg": two, "a/img-2.png": one });
    const { pattern, images } = await convertToShards(await openDataset(at("free/lists/list.txt")), at("free/out/x.tar"));
    expect(images).toBe(5);
    const shards = await openDataset(pattern);
    expect(keysOf(shards)).toEqual(["img0", "a/img", "a/img-2", "a/img-2-3", at("free/img0").slice(1)]);
    expect((await shards.readEncoded!(0)).extension).toBe("jpg");
    await shards.close();
  });

  it("knows files by their first bytes", () => {
    const box = (...brands: string[]): Buffer => {
      const length = Buffer.alloc(4);
      length.writeUInt32BE(8 + 4 * (brands.length + 1));
      return Buffer.concat([length, Buffer.from(`ftyp${brands[0]!}\0\0\0\0${brands.slice(1).join("")}`), Buffer.from("avif")]);
    };
    expect([box("avif"), box("mif1", "miaf", "avif"), Buffer.from("II+\0\b\0\0\0"), Buffer.from("MM\0+\0\b\0\0")].map(encodedExtension)).toEqual(["avif", "avif", "tif", "tif"]);
    expect(() => encodedExtension(box("mif1", "heic"))).toThrow("the file is no JPEG");
  });

  it("overwrites all shards of the name and no other file, and none without being told", async () => {
    const out = at("over/photos-%06d.tar");
    await convertToShards(original, out, { imagesPerShard: 2 });
    writeFiles(at("over"), { "photos-1.tar": "other", "photos-00000a.tar": "other", "photos-0000001.tar.txt": "other" });
    await convertToShards(original, out, { imagesPerShard: 4, overwrite: true });
    expect(readdirSync(at("over")).sort()).toEqual(["photos-000000.tar", "photos-0000001.tar.txt", "photos-000001.tar", "photos-00000a.tar", "photos-1.tar"]);
    writeFiles(at("later"), { "photos-000007.tar": "a later one" });
    await expect(convertToShards(original, at("later/photos.tar"))).rejects.toThrow(/received .*photos-000007\.tar, which exists/);
    await expect(convertToShards(original, at("over/%06d-%06d.tar"))).rejects.toThrow("out: expected %06d once at most, in the name of the files, received");
  });

  it("says where a shard cannot be written, and why", async () => {
    writeFiles(at("blocked"), { file: "" });
    await expect(convertToShards(original, at("blocked/file/x.tar"))).rejects.toThrow(/^\[@ssl-vit\/data\] .*blocked\/file: expected a place for shards, received ENOTDIR.*A file is in the place of the folder/);
  });

  it.skipIf(!existsSync("/dev/full"))("says when the disk is full, and leaves nothing", async () => {
    mkdirSync(at("full"));
    symlinkSync("/dev/full", at("full/x-000000.tar.tmp"));
    await expect(convertToShards(original, at("full/x.tar"))).rejects.toThrow(/^\[@ssl-vit\/data\] .*x-000000\.tar: expected room for a shard, received ENOSPC: .*\. Make room, or write elsewhere\.$/);
    expect(readdirSync(at("full"))).toEqual([]);
  });

  it("refuses another ending and shards that exist, and leaves nothing half-written", async () => {
    await expect(convertToShards(original, at("shards/photos.zip"))).rejects.toThrow("out: expected a name that ends in .tar");
    await expect(convertToShards(original, at("shards/photos.tar"))).rejects.toThrow(/out: expected new shards, received .*photos-000000\.tar, which exists/);
    const controller = new AbortController();
    const stopped = convertToShards(original, at("stopped/photos.tar"), { imagesPerShard: 3, signal: controller.signal, onProgress: (done) => { if (done === 4) controller.abort(); } });
    await expect(stopped).rejects.toThrow("abort");
    expect(readdirSync(at("stopped"))).toEqual(["photos-000000.tar"]);
    const broken: ImageDataset = { ...original, read: () => Promise.reject(new Error("torn")) };
    await expect(convertToShards(broken, at("broken/photos.tar"))).rejects.toThrow("expected an image that can be read, received none among 8");
    expect(readdirSync(at("broken"))).toEqual([]);
  });
});

describe("downloadDataset", () => {
  const whole = gzipSync(tarFile([["set/train/a/1.txt", Buffer.from("one")], ["../outside.txt", Buffer.from("no")], ["set/labels.txt", Buffer.from(createRandom(0).uniforms(50_000).buffer)]]));
  let server: Server | undefined;
  afterEach(() => {
    vi.restoreAllMocks();
    server?.close();
  });

  /** A server of an archive that knows ranges. The first answer stops after so many bytes, until it is broken off. */
  async function serve(archive: Buffer = whole, stopAt = Infinity): Promise<{ downloads: DatasetDownload[]; ranges: (string | undefined)[]; breakOff: () => void }> {
    const ranges: (string | undefined)[] = [];
    let stopped: ServerResponse | undefined;
    server = createServer((request, response) => {
      ranges.push(request.headers.range);
      const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1] ?? 0);
      if (request.url !== "/set.tgz") return response.writeHead(404).end();
      if (from >= archive.length) return response.writeHead(416).end();
      response.writeHead(from === 0 ? 200 : 206, { "content-length": archive.length - from });
      if (ranges.length === 1 && stopAt < archive.length) {
        stopped = response;
        return response.write(archive.subarray(0, stopAt));
      }
      return response.end(archive.subarray(from));
    });
    await new Promise<void>((resolve) => server!.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/set.tgz`;
    const md5 = createHash("md5").update(archive).digest("hex");
    return { ranges, breakOff: () => stopped?.destroy(), downloads: [{ name: "tiny", url, md5, megabytes: 1, folder: "set", splits: ["#train"], about: "two files" }] };
  }

  it("receives, checks and unpacks; what lies outside is left out; a second time nothing is asked for", async () => {
    const { downloads, ranges } = await serve();
    const progress: [number, number][] = [];
    const out = at("downloads");
    const found = await downloadDataset("tiny", out, { downloads, onProgress: (bytes, total) => progress.push([bytes, total]) });
    expect(found).toEqual({ folder: join(out, "set"), locations: [`${join(out, "set")}#train`] });
    expect(readdirSync(out)).toEqual(["set"]);
    expect(readFileSync(join(out, "set/train/a/1.txt"), "utf8")).toBe("one");
    expect(readdirSync(folder)).not.toContain("outside.txt");
    expect(progress.at(-1)).toEqual([whole.length, whole.length]);
    await downloadDataset("tiny", out, { downloads });
    expect(ranges).toEqual([undefined]);
  });

  it("goes on with an interrupted download", async () => {
    const { downloads, ranges, breakOff } = await serve(whole, 60_000);
    const out = at("interrupted");
    await expect(downloadDataset("tiny", out, { downloads, onProgress: (bytes) => { if (bytes === 60_000) breakOff(); } })).rejects.toThrow(/set\.tgz: expected \d+ bytes, received .*Check the connection and try again: what is there is kept\./);
    expect(readdirSync(out)).toEqual(["tiny.part"]);
    const { size } = statSync(join(out, "tiny.part"));
    expect(size).toBe(60_000);
    await downloadDataset("tiny", out, { downloads });
    expect(ranges).toEqual([undefined, `bytes=${size}-`]);
    expect(readdirSync(out)).toEqual(["set"]);
  });

  it("removes what is damaged, and says so", async () => {
    const { downloads } = await serve();
    const out = at("damaged");
    await expect(downloadDataset("tiny", out, { downloads: [{ ...downloads[0]!, md5: "0".repeat(32) }] })).rejects.toThrow(/set\.tgz: expected MD5 0{32}, received \w{32}\. What was received is damaged/);
    expect(readdirSync(out)).toEqual([]);
  });

  it.each([
    ["a file in the place of a folder", gzipSync(tarFile([["set/a", "x"], ["set/a/b.txt", "x"], ["set/c.txt", Buffer.alloc(200_000)]])), /(EEXIST|ENOTDIR): /],
    ["no gzip file", tarFile([["set/a", "x"]]), /incorrect header check/],
    ["half a gzip file", whole.subarray(0, 100_000), /unexpected end of file/],
    ["another folder", gzipSync(tarFile([["other/a", "x"]])), /ENOENT: /],
  ])("says why an archive cannot be unpacked, and keeps it: %s", async (name, archive, reason) => {
    const { downloads } = await serve(archive);
    const out = at(`unpacking ${name}`);
    const failure: unknown = await downloadDataset("tiny", out, { downloads }).catch((error: unknown) => error);
    expect((failure as Error).message).toMatch(/^\[@ssl-vit\/data\] .*tiny\.part: expected an archive that can be unpacked, received .*\. Make room, .*what was received is kept\.$/);
    expect((failure as Error).message).toMatch(reason);
    expect(readdirSync(out)).toEqual(["tiny.part"]);
  });

  it("ends when it is told to, and keeps what it received", async () => {
    const { downloads } = await serve();
    const controller = new AbortController();
    const out = at("told to end");
    const stopped = downloadDataset("tiny", out, { downloads, signal: controller.signal, onProgress: (bytes, total) => { if (bytes === total) controller.abort(); } });
    await expect(stopped).rejects.toThrow(/abort/);
    expect(readdirSync(out)).toEqual(["tiny.part"]);
    expect(statSync(join(out, "tiny.part")).size).toBe(whole.length);
  });

  it("says how to get the archive by hand where there is no connection, of whatever addresses", async () => {
    const { downloads: [one] } = await serve();
    const out = at("by hand");
    await expect(downloadDataset("tiny", out, { downloads: [{ ...one!, url: one!.url.replace("127.0.0.1", "no-such-host.invalid") }] })).rejects.toThrow(
      new RegExp(`expected an answer, received getaddrinfo \\S+ no-such-host.invalid\\. Check the connection and try again: what is there is kept\\. Or download it by hand \\(MD5 ${one!.md5}\\) and unpack it in .*by hand\\.$`),
    );
    // As Node fails where a host has several addresses: the error of all of them says nothing.
    const refused = new AggregateError([new Error("connect ECONNREFUSED ::1:80"), new Error("connect ECONNREFUSED 127.0.0.1:80")]);
    vi.spyOn(globalThis, "fetch").mockRejectedValue(new TypeError("fetch failed", { cause: refused }));
    await expect(downloadDataset("tiny", out, { downloads: [one!] })).rejects.toThrow("received connect ECONNREFUSED ::1:80. Check");
  });

  it.skipIf(!existsSync("/dev/full"))("says when the disk is full", async () => {
    const { downloads } = await serve();
    mkdirSync(at("no room"));
    symlinkSync("/dev/full", at("no room/tiny.part"));
    await expect(downloadDataset("tiny", at("no room"), { downloads })).rejects.toThrow(/tiny\.part: expected a place to write to, received ENOSPC: .*\. Make room, or choose another folder, and try again/);
    expect(existsSync(at("no room/set"))).toBe(false);
  });

  it("says where it may not write, and hangs up", async () => {
    const { downloads, ranges } = await serve();
    const fetching = vi.spyOn(globalThis, "fetch");
    mkdirSync(at("locked"), { mode: 0o555 });
    writeFiles(at("blocked-download"), { file: "" });
    await expect(downloadDataset("tiny", at("blocked-download/file"), { downloads })).rejects.toThrow(/blocked-download\/file: expected a place to write to, received (EEXIST|ENOTDIR): /);
    expect(ranges).toEqual([]);
    const outcomes = await asAnotherUser(folder, () => Promise.all(["locked", "locked/new"].map((name) => downloadDataset("tiny", at(name), { downloads }).then(() => "downloaded", (error: unknown) => (error as Error).message))));
    if (outcomes === undefined) return;
    expect(outcomes[0]).toMatch(/locked\/tiny\.part: expected a place to write to, received EACCES: .*\. Make room, or choose another folder, and try again/);
    expect(outcomes[1]).toMatch(/locked\/new: expected a place to write to, received EACCES: /);
    // Of what was answered nobody reads anything any more: it would keep the process waiting.
    const { body } = (await fetching.mock.results[0]!.value) as Response;
    expect(await body!.getReader().read()).toEqual({ done: true, value: undefined });
  });

  it("names a data set that it does not know, an address without one, a server that does not answer", async () => {
    await expect(downloadDataset("cifar-10", at("x"))).rejects.toThrow('name: expected one of cifar10, cifar100, stl10, imagenette, received "cifar-10". Did you mean "cifar10"?');
    const { downloads } = await serve();
    await expect(downloadDataset("tiny", at("x"), { downloads: [{ ...downloads[0]!, url: downloads[0]!.url.replace("set", "sets") }] })).rejects.toThrow("received 404 Not Found");
    server!.close();
    await expect(downloadDataset("tiny", at("x"), { downloads: [{ ...downloads[0]!, url: "http://127.0.0.1:1/x" }] })).rejects.toThrow(/expected an answer, received .*(ECONNREFUSED|bad port)/);
  });

  it("knows sums of 32 digits, https or the authors' own http, and folders that openDataset splits", () => {
    for (const { md5: sum, url, splits } of datasetDownloads) {
      expect(sum).toMatch(/^[0-9a-f]{32}$/);
      expect(url).toMatch(/^https?:\/\/.*\.(tar\.gz|tgz)$/);
      for (const split of splits) expect(split).toMatch(/^#(train|test|val|unlabeled)$/);
    }
  });
});
