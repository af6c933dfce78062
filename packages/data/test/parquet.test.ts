import { truncateSync } from "node:fs";
import { join } from "node:path";
import { ConfigError, createRandom } from "@ssl-vit/core";
import fc from "fast-check";
import { parquetWriteBuffer } from "hyparquet-writer";
import { describe, expect, it } from "vitest";
import { openDataset } from "../src/index.js";
import { indexParquet, parquetDataset } from "../src/parquet.js";
import { hubFile } from "./parquet-file.js";
import { jpeg, picture, png } from "./pictures.js";
import { temporaryFolder, writeFiles } from "./temporary-folder.js";

const folder = temporaryFolder();
const COUNT = 30;
const images = await Promise.all(Array.from({ length: COUNT }, (_, index) => (index % 2 === 0 ? png : jpeg)(picture(index))));
const labels = images.map((_, index) => index % 3);
const classes = ["cat", "dog", "eel"];

function write(name: string, content: Uint8Array): string {
  writeFiles(folder, { [name]: content });
  return join(folder, name);
}

const plainFile = (columns: Readonly<Record<string, unknown[]>>): Buffer =>
  Buffer.from(parquetWriteBuffer({ columnData: Object.entries(columns).map(([name, data]) => ({ name, data: data as never })) }));

describe.each([
  ["in memory", 2 ** 30],
  ["by page", 0],
])("Parquet, %s", (_, limit) => {
  it.each(["SNAPPY", "GZIP", "UNCOMPRESSED"] as const)("has the bytes that were written (%s)", async (codec) => {
    const path = write(`${codec}.parquet`, hubFile({ images, labels, classes }, { codec, rowGroupSize: 8, pageSize: 2000 }));
    const dataset = parquetDataset(await indexParquet(path, undefined, path, limit));
    expect(dataset).toMatchObject({ kind: "parquet", length: COUNT, location: path, classes });
    for (let index = COUNT - 1; index >= 0; index--) {
      const { bytes, extension } = await dataset.readEncoded!(index);
      expect([Buffer.compare(bytes, images[index]!), extension, dataset.labelOf(index)]).toEqual([0, index % 2 === 0 ? "png" : "jpg", index % 3]);
    }
    expect(Uint8Array.from((await dataset.read(4)).data)).toEqual(picture(4).data);
    expect(dataset.keyOf(9)).toBe(`${codec}:9`);
    await dataset.close();
  });

  it("has repeated images, which are stored once", async () => {
    const repeated = Array.from({ length: 40 }, (_, index) => images[index % 4]!);
    const path = write("dictionary.parquet", hubFile({ images: repeated }, { rowGroupSize: 25 }));
    const dataset = parquetDataset(await indexParquet(path, undefined, path, limit));
    for (let index = 0; index < 40; index++) expect(Buffer.compare((await dataset.readEncoded!(index)).bytes, repeated[index]!)).toBe(0);
    expect(dataset.labelOf(0)).toBe(-1);
    await dataset.close();
  });

  it("has rows without an image fail, and rows without a label have none", async () => {
    const path = write("nulls.parquet", hubFile({ images: [images[0]!, null, images[2]!], labels: [1, 0, null], classes }));
    const dataset = parquetDataset(await indexParquet(path, undefined, path, limit));
    expect([0, 1, 2].map((index) => dataset.labelOf(index))).toEqual([1, 0, -1]);
    await expect(dataset.read(1)).rejects.toThrow("the row holds no bytes of an image");
    expect(Buffer.compare((await dataset.readEncoded!(2)).bytes, images[2]!)).toBe(0);
    await dataset.close();
  });
});

it("tells where its pages begin when they stay in the file", async () => {
  const path = write("runs.parquet", hubFile({ images }, { rowGroupSize: 12, pageSize: 1 << 20 }));
  const dataset = parquetDataset(await indexParquet(path, undefined, path, 0));
  expect(dataset.runs).toEqual(Int32Array.of(0, 12, 24));
  expect((await openDataset(path)).runs).toBeUndefined();
  await dataset.close();
});

it("keeps the last pages", async () => {
  const file = hubFile({ images }, { rowGroupSize: 10 });
  for (const [kept, remembered] of [
    [undefined, [true, true, false]],
    [1, [false, true, false]],
  ] as const) {
    const path = write("kept.parquet", file);
    const dataset = parquetDataset(await indexParquet(path, undefined, path, 0), kept);
    await dataset.read(5);
    await dataset.read(15);
    truncateSync(path, 4);
    const isRead = [5, 15, 25].map(async (index) => dataset.read(index).then(() => true, () => false));
    expect(await Promise.all(isRead)).toEqual(remembered);
    await dataset.close();
  }
});

it("has any bytes that were written, whatever the pages", async () => {
  const image = fc.uint8Array({ maxLength: 300 }).chain((bytes) => fc.nat(200).map((repeats) => Buffer.concat([Buffer.from("GIF8"), ...new Array<Uint8Array>(repeats).fill(bytes)])));
  const rows = fc.array(fc.option(image, { freq: 8 }), { minLength: 1, maxLength: 60 });
  const codec = fc.constantFrom("SNAPPY", "GZIP", "UNCOMPRESSED");
  const layout = fc.record({ codec, rowGroupSize: fc.integer({ min: 1, max: 40 }), pageSize: fc.integer({ min: 1, max: 5000 }), dictionarySize: fc.nat(5000) });
  await fc.assert(
    fc.asyncProperty(rows, layout, fc.boolean(), async (written, options, isKept) => {
      const path = write("any.parquet", hubFile({ images: written, labels: written.map((_, index) => index) }, options));
      const dataset = parquetDataset(await indexParquet(path, undefined, path, isKept ? undefined : 0));
      for (const [index, expected] of written.entries()) {
        const bytes = await dataset.readEncoded!(index).then((encoded) => encoded.bytes, () => null);
        expect([expected === null ? bytes : Buffer.compare(bytes!, expected), dataset.labelOf(index)]).toEqual([expected === null ? null : 0, index]);
      }
      await dataset.close();
    }),
    { seed: 7, numRuns: 60 },
  );
});

it("reads a folder of shards by split", async () => {
  const part = (from: number, to: number): Buffer => hubFile({ images: images.slice(from, to), labels: labels.slice(from, to), classes });
  writeFiles(join(folder, "hub"), {
    "train-00000-of-00002.parquet": part(0, 10),
    "train-00001-of-00002.parquet": part(10, 25),
    "test-00000-of-00001.parquet": part(25, 30),
    "README.md": "card",
  });
  const train = await openDataset(`${join(folder, "hub")}#train`);
  expect([train.length, train.keyOf(9), train.keyOf(10), train.labelOf(10)]).toEqual([25, "train-00000-of-00002:9", "train-00001-of-00002:0", 1]);
  expect(Buffer.compare((await train.readEncoded!(24)).bytes, images[24]!)).toBe(0);
  await expect(openDataset(join(folder, "hub"))).rejects.toThrow(/expected #test or #train at the end of a path/);
  expect((await openDataset(`parquet:${join(folder, "hub", "test-00000-of-00001.parquet")}#test`)).length).toBe(5);
  await train.close();
});

it("numbers labels that are texts by the order of their names, over all files", async () => {
  const names = ["zebra", "", "élan", "cat", "zebra"];
  const rows = (of: string[]): Buffer => plainFile({ img: of.map((_, index) => images[index]!), label: of });
  writeFiles(join(folder, "texts"), { "a.parquet": rows(names), "b.parquet": rows(["ant", "cat"]) });
  const dataset = await openDataset(join(folder, "texts"));
  expect(dataset.classes).toEqual(["ant", "cat", "zebra", "élan"]);
  expect(Array.from({ length: 7 }, (_, index) => dataset.labelOf(index))).toEqual([2, -1, 3, 1, 2, 0, 1]);
  writeFiles(join(folder, "texts"), { "c.parquet": plainFile({ img: images, label: labels }) });
  await expect(openDataset(join(folder, "texts"))).rejects.toThrow(/c\.parquet: expected the columns and classes of .*a\.parquet \(images in img, texts as labels in label, no class names\), received images in img, labels in label/);
  const both = await openDataset(write("both.parquet", plainFile({ img: images, label: images.map(() => "cat"), cls: labels })));
  expect([both.classes, both.labelOf(5)]).toEqual([undefined, 2]);
});

it("reads plain columns, whatever the label's width", async () => {
  for (const [name, data] of Object.entries({ cls: labels, labels: labels.map(BigInt) })) {
    const dataset = await openDataset(write("plain.parquet", plainFile({ id: labels, img: images, [name]: data })));
    expect([dataset.length, dataset.labelOf(5), dataset.classes]).toEqual([COUNT, 2, undefined]);
    expect(Buffer.compare((await dataset.readEncoded!(5)).bytes, images[5]!)).toBe(0);
  }
  const only = await openDataset(write("only.parquet", plainFile({ photo: images, label: images.map((_, index) => index / 2) })));
  expect([only.length, only.labelOf(0), only.notes]).toEqual([COUNT, -1, ['The column "label" is left out: labels are integers or texts.']]);
});

// pyarrow 26.0.1: write_table({"image": [{"bytes": PNG of 2 x 3 grey pixels of 0, 100 and 0, "path": None}, …], "label": [1, None, 0]},
// compression="zstd", data_page_version="2.0", store_schema=False, write_statistics=False).
const BY_PYARROW =
  "UEFSMRUEFaoCFeYBTBUEFQASAAAotS/9IJVVAwByxhckkCuNAfhUi/tmpmDEtmOlBATVVtsu1bbSN990kpYTfwcm2SQFcFvM5/S/ExEOkjnpdyG7D0VA4baYz+n/ZeLIPKu/shEM" +
  "pWFIBfybwkDzr9IP/YxMKPuXYDHEW1j+DAIAkEliKYMZFQYVChUKXBUGFQAVBhUQFQQVABIcAAAABgIBAwIVBBUAFRJMFQAVABIAACi1L/0gAAEAABUGFQYVBlwVBhUGFQYVEBUE" +
  "FQASHAAAAAYBABUEFSAVIkwVBBUAEgAAKLUv/SAQRQAAEAEAAQAywAIVBhUKFQpcFQYVAhUGFRAVBBUAEhwAAAADBQEDAhUEGVw1ABgGc2NoZW1hFQQANQIYBWltYWdlFQQAFQwl" +
  "AhgFYnl0ZXMAFQwlAhgEcGF0aCUATBwAAAAVBCUCGAVsYWJlbAAWBhkcGTwmABwVDBk1AAYQGSgFaW1hZ2UFYnl0ZXMVDBYGFoQDFsACJo4CJggpLBUEFQAVAgAVABUQFQIAPBai" +
  "AxkGGTYAAAYAAAAmABwVDBk1AAYQGSgFaW1hZ2UEcGF0aBUMFgYWUhZkJvYCJsgCKSwVBBUAFQIAFQAVEBUCADwWABkGGTYABgAAAAAmABwVBBk1AAYQGRgFbGFiZWwVDBYGFnYW" +
  "eCbqAyasAyksFQQVABUCABUAFRAVAgA8KQYZJgIEAAAAFswEFgYmCBacBAAoIHBhcnF1ZXQtY3BwLWFycm93IHZlcnNpb24gMjYuMC4xGTwcAAAcAAAcAAAARgEAAFBBUjE=";

it("reads what pyarrow wrote, in Zstandard and in pages of version 2", async () => {
  const dataset = await openDataset(write("pyarrow.parquet", Buffer.from(BY_PYARROW, "base64")));
  expect([0, 1, 2].map((index) => dataset.labelOf(index))).toEqual([1, -1, 0]);
  const grey = await Promise.all([0, 1, 2].map(async (index) => (await dataset.read(index)).data[0]));
  expect(grey).toEqual([0, 100, 0]);
});

const whole = hubFile({ images, labels, classes });

it.each([
  ["another file", Buffer.from("something else"), /expected a Parquet file, with "PAR1" at its end, received 14 bytes without it/],
  ["an empty file", Buffer.alloc(0), /received 0 bytes without it/],
  ["a cut-off file", whole.subarray(0, -100), /"PAR1" at its end, .*The file is cut off or damaged/],
  ["an encrypted file", Buffer.concat([whole.subarray(0, -4), Buffer.from("PARE")]), /expected a Parquet file in the clear, received an encrypted one/],
  ["a footer without its file", whole.subarray(2000), /expected pages that can be read, received /],
  ["no image column", plainFile({ a: labels, text: labels.map(String) }), /expected a column "image" or "img" with image files, .*received columns a, text/],
  ["several columns of bytes", plainFile({ a: images, b: images }), /Several hold bytes \(a, b\): rename one/],
  ["no rows", hubFile({ images: [], labels: [] }), /expected at least one image, received no rows/],
  ["labels outside the classes", hubFile({ images, labels: labels.map(() => 7), classes }), /received the label 7 of 3 classes/],
])("refuses %s", async (name, content, message) => {
  const error: unknown = await openDataset(write(`${name}.parquet`, content)).catch((caught: unknown) => caught);
  expect((error as Error).message).toMatch(message);
  expect((error as Error).message).toContain(`${name}.parquet`);
  expect(ConfigError.isInstance(error)).toBe(true);
});

it("refuses shards that differ", async () => {
  writeFiles(join(folder, "differ"), { "a.parquet": whole, "b.parquet": hubFile({ images, labels, classes: ["cat", "dog", "fox"] }) });
  await expect(openDataset(join(folder, "differ"))).rejects.toThrow(/b\.parquet: expected the columns and classes of .*a\.parquet/);
});

it("names codecs and encodings that it cannot read", async () => {
  const lz4 = hubFile({ images }, { codec: "LZ4", compressors: { LZ4: (bytes) => bytes } });
  await expect(openDataset(write("lz4.parquet", lz4))).rejects.toThrow(/received compression LZ4, which is not among .*write it again with the defaults of pyarrow or datasets/);
  const delta = Buffer.from(parquetWriteBuffer({ columnData: [{ name: "image", data: images, encoding: "DELTA_LENGTH_BYTE_ARRAY" }] }));
  await expect(openDataset(write("delta.parquet", delta))).rejects.toThrow(/received encoding DELTA_LENGTH_BYTE_ARRAY, which is not among/);
});

it("has the images of a damaged page fail, and the others not, when pages stay in the file", async () => {
  const damaged = hubFile({ images, labels, classes }, { codec: "SNAPPY", rowGroupSize: 10 });
  const path = write("page.parquet", damaged);
  const [second] = (await indexParquet(path, undefined, path, 0)).pages!.chunks.slice(1);
  const { position, compressedLength } = second!.pages[0]!;
  createRandom(1).uniforms(compressedLength).forEach((value, place) => (damaged[position + place] = value * 256));
  write("page.parquet", damaged);
  const dataset = parquetDataset(await indexParquet(path, undefined, path, 0));
  await expect(dataset.read(15)).rejects.toThrow(new RegExp(`page\\.parquet, page at byte ${position}: `));
  expect(await dataset.read(25)).toMatchObject({ width: 20, height: 16 });
  await dataset.close();
  await expect(openDataset(path)).rejects.toThrow(/page\.parquet: expected pages that can be read/);
});
