import { join } from "node:path";
import { expect, it } from "vitest";
import { createLoader, type ImageDataset, openDataset } from "../src/index.js";
import { indexParquet, parquetDataset } from "../src/parquet.js";
import { collect, fingerprint, fingerprints, views } from "./collect-batches.js";
import { idxFile } from "./idx-file.js";
import { npy, npz } from "./numpy-file.js";
import { hubFile } from "./parquet-file.js";
import { picture, png } from "./pictures.js";
import { cifarFile, planes } from "./records-files.js";
import { tarFile } from "./tar-file.js";
import { temporaryFolder, writeFiles } from "./temporary-folder.js";

/** The same images in every format, 96 x 96 for STL-10 and 32 x 32 for the others. */
const folder = temporaryFolder();
const COUNT = 13;
const small = Array.from({ length: COUNT }, (_, index) => picture(index, 32, 32));
const large = Array.from({ length: COUNT }, (_, index) => picture(index, 96, 96));
const labels = small.map((_, index) => index % 10);
const files = await Promise.all(small.map(png));
const name = (index: number): string => String(index).padStart(2, "0");

const pixels = Buffer.concat(small.map(({ data }) => data as Uint8Array));
const parquet = hubFile({ images: files, labels }, { rowGroupSize: 4, pageSize: 2000 });
writeFiles(folder, {
  ...Object.fromEntries(files.map((file, index) => [`folder/${labels[index]!}/${name(index)}.png`, file])),
  "webdataset/a.tar": tarFile(files.flatMap((file, index) => [[`${name(index)}.png`, file] as const, [`${name(index)}.cls`, String(labels[index])] as const])),
  "idx/a-images-idx4-ubyte": idxFile([COUNT, 32, 32, 3], pixels),
  "idx/a-labels-idx1-ubyte": idxFile([COUNT], Uint8Array.from(labels)),
  "npz/a.npz": npz({ images: npy("|u1", [COUNT, 32, 32, 3], pixels), labels: npy("|u1", [COUNT], Uint8Array.from(labels)) }, true),
  "cifar10/data_batch_1.bin": cifarFile(small.slice(0, 9), (index) => [labels[index]!]),
  "cifar10/data_batch_2.bin": cifarFile(small.slice(9), (index) => [labels[index + 9]!]),
  "cifar100/train.bin": cifarFile(small, (index) => [0, labels[index]!]),
  "stl10/train_X.bin": Buffer.concat(large.map((image) => planes(image, "columns"))),
  "stl10/train_y.bin": Uint8Array.from(labels, (label) => label + 1),
  "parquet/a.parquet": parquet,
});

const open = (format: string) => (): Promise<ImageDataset> => openDataset(join(folder, format));
const byPage = async (): Promise<ImageDataset> => parquetDataset(await indexParquet(join(folder, "parquet"), undefined, "parquet", 0));

const formats = ["webdataset", "idx", "npz", "cifar10", "parquet"];

it.each<[string, () => Promise<ImageDataset>]>([...[...formats, "cifar100"].map((format): [string, () => Promise<ImageDataset>] => [format, open(format)]), ["parquet by page", byPage]])(
  "%s has the images and labels that were written",
  async (_, opened) => {
    const dataset = await opened();
    expect(dataset.length).toBe(COUNT);
    for (const [index, { width, height, channels, data }] of small.entries()) {
      const image = await dataset.read(index);
      expect([image.width, image.height, image.channels, Buffer.compare(image.data as Uint8Array, data as Uint8Array)]).toEqual([width, height, channels, 0]);
      expect(dataset.labelOf(index)).toBe(labels[index]);
    }
    await dataset.close();
  },
);

const options = { views, batchSize: 4, seed: 5, dropLast: false };

it("makes the same batches of one set of images in every format", async () => {
  const expected = await fingerprints(createLoader(await open("webdataset")(), options).batches(1));
  for (const opened of [...formats.map(open), byPage]) {
    const dataset = await opened();
    // Runs may decide the order of a data set that has some.
    const batches = await collect(createLoader(dataset, { ...options, ...(dataset.runs === undefined ? {} : { shuffle: false }) }).batches(1));
    const found = batches.map(fingerprint);
    if (dataset.runs === undefined) expect(found).toEqual(expected);
    else expect(found).toEqual(await fingerprints(createLoader(await open("parquet")(), { ...options, shuffle: false }).batches(1)));
    await dataset.close();
  }
});

// The other readers in worker threads: determinism.test.ts. This one a location does not ask for below 1 GB.
it("worker threads make the same bytes of Parquet by page, whatever their number", async () => {
  const dataset = await byPage();
  const expected = await fingerprints(createLoader(dataset, options).batches(0));
  expect(expected.length).toBe(4);
  await Promise.all(
    [1, 2, 4].map(async (workers) => {
      const loader = createLoader(dataset, { ...options, workers });
      expect(await fingerprints(loader.batches(0)), `${workers} threads`).toEqual(expected);
      expect(await fingerprints(loader.batches(0, 2)), `${workers} threads`).toEqual(expected.slice(2));
      await loader.close();
    }),
  );
  await dataset.close();
});

it("hands the same to worker threads for NumPy's arrays as for IDX files", async () => {
  const [idx, numpy] = [await open("idx")(), await open("npz")()];
  expect(numpy.descriptor).toEqual({ ...idx.descriptor, source: "npz", location: numpy.location });
});

it.each(["folder", "webdataset", "parquet"])("%s hands over its files as they are stored", async (format) => {
  const dataset = await open(format)();
  for (let index = 0; index < COUNT; index++) {
    const { bytes, extension } = await dataset.readEncoded!(index);
    // Class folders come in the order of their names.
    const place = format === "folder" ? Number(dataset.keyOf(index).slice(2, 4)) : index;
    expect([Buffer.compare(bytes, files[place]!), extension]).toEqual([0, "png"]);
  }
  await dataset.close();
});
