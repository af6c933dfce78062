import { join } from "node:path";
import { sharedPath } from "@ssl-vit/testing";
import { expect, it } from "vitest";
import { openDataset } from "../src/index.js";
import { npy, npz, zipFile } from "./numpy-file.js";
import { temporaryFolder, writeFiles } from "./temporary-folder.js";

const folder = temporaryFolder();
const bytes = (count: number, start = 0): Uint8Array => Uint8Array.from({ length: count }, (_, index) => start + index * 7);
const grey = npy("|u1", [3, 2, 4], bytes(24));
const color = npy("|u1", [3, 2, 4, 3], bytes(72));
const labels = npy("<i8", [3], new Uint8Array(BigInt64Array.of(2n, 0n, -1n).buffer));

function write(name: string, content: Uint8Array): string {
  writeFiles(folder, { [name]: content });
  return join(folder, name);
}

const labelsAt = async (location: string): Promise<number[]> => {
  const dataset = await openDataset(location);
  return Array.from({ length: dataset.length }, (_, index) => dataset.labelOf(index));
};

// x_train=(numpy.arange(24, dtype=">u2") * 1000).reshape(2, 3, 4), y_train=numpy.int64([[3], [-1]]), by NumPy 2.4.6.
const byNumpy = {
  savez:
    "UEsDBC0AAAAAAAAAIQB+VIjA//////////8LABQAeF90cmFpbi5ucHkBABAAsAAAAAAAAACwAAAAAAAAAJNOVU1QWQEAdgB7J2Rlc2NyJzogJzx1MicsICdmb3J0cmFuX29yZGVy" +
    "JzogRmFsc2UsICdzaGFwZSc6ICgyLCAzLCA0KSwgfSAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAKAADoA9AHuAugD4gTcBdY" +
    "G0AfKCMQJ/gq4C7IMrA2mDqAPmhCUEY4SiBOCFLwVdhZUEsDBC0AAAAAAAAAIQCfS2N5//////////8LABQAeV90cmFpbi5ucHkBABAAkAAAAAAAAACQAAAAAAAAAJNOVU1QWQEA" +
    "dgB7J2Rlc2NyJzogJzxpOCcsICdmb3J0cmFuX29yZGVyJzogRmFsc2UsICdzaGFwZSc6ICgyLCAxKSwgfSAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAg" +
    "ICAgICAgICAgICAgICAgICAKAwAAAAAAAAD//////////1BLAQItAy0AAAAAAAAAIQB+VIjAsAAAALAAAAALAAAAAAAAAAAAAACAAQAAAAB4X3RyYWluLm5weVBLAQItAy0AAAAA" +
    "AAAAIQCfS2N5kAAAAJAAAAALAAAAAAAAAAAAAACAAe0AAAB5X3RyYWluLm5weVBLBQYAAAAAAgACAHIAAAC6AQAAAAA=",
  savez_compressed:
    "UEsDBC0AAAAIAAAAIQB+VIjA//////////8LABQAeF90cmFpbi5ucHkBABAAsAAAAAAAAAB7AAAAAAAAAJvsF+obEMnIUMZQrZ6SWpxcpG6loG5TaqSuo6Cell9UUpSYF59flJIK" +
    "EndLzClOBYoXZyQWpAL5GkY6CsY6CiaaOgq1CuQBLgaGF8wX2HdwL+DvEC4Qj5B2kNdQFlD/ofVA74TRBrMZVg12GU4BbhZeCn4cQR9Cb0QCAFBLAwQtAAAACAAAACEAn0tjef//" +
    "////////CwAUAHlfdHJhaW4ubnB5AQAQAJAAAAAAAAAATAAAAAAAAACb7BfqGxDJyFDGUK2eklqcXKRupaBuk2mhrqOgnpZfVFKUmBefX5SSChJ3S8wpTgWKF2ckFqQC+RpGOgqG" +
    "mjoKtQpkAy5mBgj4DwUAUEsBAi0DLQAAAAgAAAAhAH5UiMB7AAAAsAAAAAsAAAAAAAAAAAAAAIABAAAAAHhfdHJhaW4ubnB5UEsBAi0DLQAAAAgAAAAhAJ9LY3lMAAAAkAAAAAsA" +
    "AAAAAAAAAAAAAIABuAAAAHlfdHJhaW4ubnB5UEsFBgAAAAACAAIAcgAAAEEBAAAAAA==",
};

it.each(["savez", "savez_compressed"] as const)("reads what numpy.%s wrote, big-endian words too", async (name) => {
  const dataset = await openDataset(write(`${name}.npz`, Buffer.from(byNumpy[name], "base64")));
  expect(dataset).toMatchObject({ kind: "npz", length: 2 });
  expect([dataset.labelOf(0), dataset.labelOf(1)]).toEqual([3, -1]);
  expect(await dataset.read(1)).toEqual({ width: 4, height: 3, channels: 1, data: Uint16Array.from({ length: 12 }, (_, index) => (12 + index) * 1000) });
});

it.each(["images labels", "image label", "x y", "X targets", "data target", "arr_0 arr_1"])("finds images and labels named %s", async (names) => {
  const [image, label] = names.split(" ") as [string, string];
  for (const compressed of [false, true]) {
    const dataset = await openDataset(write(`named-${image}.npz`, npz({ [label]: labels, [image]: color }, compressed)));
    expect([0, 1, 2].map((index) => dataset.labelOf(index))).toEqual([2, 0, -1]);
    expect(await dataset.read(2)).toEqual({ width: 4, height: 2, channels: 3, data: bytes(72).slice(48) });
    expect([dataset.keyOf(2), dataset.notes]).toEqual(["2", undefined]);
  }
});

it("takes splits from the arrays' names", async () => {
  const arrays = { train_images: color, train_labels: labels, val_images: grey, test_images: npy("|u1", [1, 2, 2], bytes(4)), test_labels: npy("|u1", [1, 1], bytes(1, 9)) };
  const path = write("medmnist.npz", npz(arrays, true));
  expect(await labelsAt(`${path}#train`)).toEqual([2, 0, -1]);
  expect(await labelsAt(`${path}#val`)).toEqual([-1, -1, -1]);
  expect(await labelsAt(`npz:${path}#test`)).toEqual([9]);
  await expect(openDataset(path)).rejects.toThrow(/expected #train or #val or #test at the end of a path/);
  const keras = write("keras.npz", npz({ x_train: color, y_train: labels, x_test: grey, y_test: npy("|u1", [3], bytes(3, 1)) }));
  expect(await labelsAt(`${keras}#test`)).toEqual([1, 8, 15]);
  await expect(openDataset(`${keras}#val`)).rejects.toThrow(/expected #train or #test, received #val/);
});

it("takes a folder with one file, or one a split; and arrays by themselves", async () => {
  writeFiles(join(folder, "one"), { "medmnist.npz": npz({ train_images: grey, test_images: color }) });
  expect((await openDataset(`${join(folder, "one")}#test`)).length).toBe(3);
  writeFiles(join(folder, "two"), { "k-train-imgs.npz": npz({ arr_0: grey }), "k-test-imgs.npz": npz({ arr_0: color }) });
  expect((await (await openDataset(`${join(folder, "two")}#test`)).read(0)).channels).toBe(3);
  await expect(openDataset(join(folder, "two"))).rejects.toThrow(/expected #test or #train at the end of a path/);
  writeFiles(join(folder, "several"), { "a.npy": grey, "b.npy": color });
  await expect(openDataset(join(folder, "several"))).rejects.toThrow(/expected one \.npz or \.npy file, .*received a\.npy, b\.npy\. Name the file/);
  await expect(openDataset(`npy:${join(folder, "one", "nothing")}`)).rejects.toThrow(/nothing there/);
  for (const version of [1, 2, 3]) {
    const dataset = await openDataset(write("single.npy", npy("|u1", [3, 2, 4, 1], bytes(24), { version })));
    expect(dataset).toMatchObject({ kind: "npy", length: 3 });
    expect(await dataset.read(1)).toEqual({ width: 4, height: 2, channels: 1, data: bytes(24).slice(8, 16) });
  }
});

it("reads words and truth values", async () => {
  const words = Uint16Array.from({ length: 24 }, (_, index) => index * 2700);
  const dataset = await openDataset(write("words.npy", npy("<u2", [2, 3, 4], new Uint8Array(words.buffer))));
  expect((await dataset.read(1)).data).toEqual(words.slice(12));
  const masks = await openDataset(write("masks.npy", npy("|b1", [1, 2, 2], Uint8Array.of(0, 1, 1, 0))));
  expect((await masks.read(0)).data).toEqual(Uint8Array.of(0, 255, 255, 0));
});

it.each(["|i1", "|u1", "<i2", ">i2", "<u2", ">u2", "<i4", ">i4", "<u4", ">u4", "<i8", ">i8", "<u8", ">u8", "|b1"])("reads labels of type %s", async (dtype) => {
  const size = Number(dtype.at(-1));
  const values = Buffer.alloc(3 * size);
  [1, 0, 1].forEach((label, index) => (values[index * size + (dtype.startsWith(">") ? size - 1 : 0)] = label));
  expect(await labelsAt(write("labels.npz", npz({ images: grey, labels: npy(dtype, [3, 1], values) })))).toEqual([1, 0, 1]);
});

it("leaves out labels that are no single classes, and says so", async () => {
  const several = await openDataset(write("several.npz", npz({ images: grey, labels: npy("|u1", [3, 14], bytes(42)) })));
  expect([several.labelOf(0), several.notes]).toEqual([-1, [expect.stringMatching(/The labels of .*array "labels" are left out: its shape is \[3, 14\] of \|u1: more than one label an image\./)]]);
  const ages = await openDataset(write("ages.npz", npz({ images: grey, labels: npy("<f4", [3], bytes(12)) })));
  expect([ages.labelOf(0), ages.notes?.[0]]).toEqual([-1, expect.stringMatching(/its values are \[3\] of <f4, which are no integers/)]);
});

it.each([
  ["floats", { images: npy("<f4", [3, 2, 4], bytes(96)) }, /expected images of uint8 or uint16, received floats \(<f4\)\. Write them as \(255 \* images\)\.round\(\)\.astype\(numpy\.uint8\)/],
  ["Python objects", { images: npy("|O", [3], bytes(24)) }, /received Python objects\. They are pickles, which can run any code/],
  ["signed integers", { images: npy("<i4", [3, 2, 4], bytes(96)) }, /received <i4\. Write images\.astype\(numpy\.uint8\) or uint16/],
  ["Fortran order", { images: npy("|u1", [3, 2, 4], bytes(24), { fortranOrder: true }) }, /in C order, received Fortran order\. Write numpy\.ascontiguousarray\(images\)/],
  ["channels first", { images: npy("|u1", [2, 3, 5, 6], bytes(180)) }, /received \[2, 3, 5, 6\], channels first\. Write images\.transpose\(0, 2, 3, 1\)/],
  ["a table", { images: npy("|u1", [3, 8], bytes(24)) }, /expected images \[N, Y, X\] or \[N, Y, X, C\], received \[3, 8\]/],
  ["no images", { images: npy("|u1", [0, 2, 4], bytes(0)) }, /received \[0, 2, 4\]/],
  ["other names", { a: grey, b: color }, /expected one array of images: .*received a, b/],
  ["two arrays of images", { images: grey, x: color }, /expected one array of images: .*received images, x/],
  ["another number of labels", { images: grey, labels: npy("|u1", [2], bytes(2)) }, /array "labels": expected 3 labels, one an image, received \[2\] of \|u1/],
  ["a label that is no class", { images: grey, labels: npy("<i2", [3], Uint8Array.of(0, 0, 0xfe, 0xff, 0, 0)) }, /expected a class from 0 on, or -1 for none, at position 1, received -2/],
  ["values missing", { images: grey.subarray(0, -1) }, /array "images": expected 24 bytes for \|u1 \[3, 2, 4\], received 23/],
  ["no array", { images: Buffer.from("something else") }, /expected a NumPy array, .*received 0x736f6d65/],
])("refuses %s", async (name, arrays: Record<string, Uint8Array>, message) => {
  await expect(openDataset(write(`${name}.npz`, npz(arrays)))).rejects.toThrow(message);
});

const archive = npz({ images: color, labels }, true);

it("refuses archives that are cut off, damaged or written in another way", async () => {
  await expect(openDataset(write("cut.npz", archive.subarray(0, -30)))).rejects.toThrow(/cut\.npz: expected a zip archive, with its directory at the end, received \d+ bytes without one\. The file is cut off/);
  await expect(openDataset(write("front.npz", archive.subarray(20)))).rejects.toThrow(/front\.npz: expected 2 members, received 1\. The file is cut off or damaged/);
  const middle = Buffer.concat([archive.subarray(0, 60), archive.subarray(100)]);
  await expect(openDataset(write("middle.npz", middle))).rejects.toThrow(/middle\.npz: expected (2 members|a whole zip archive|a directory inside the file), received .*The file is cut off or damaged/);
  const deflated = Buffer.from(archive);
  deflated.fill(0xff, 70, 80);
  await expect(openDataset(write("damaged.npz", deflated))).rejects.toThrow(/member "images\.npy": expected a whole member, received invalid .*The file is cut off or damaged/);
  await expect(openDataset(write("bzip2.npz", zipFile({ "images.npy": color }, { method: 12 })))).rejects.toThrow(/expected a stored or deflated file, as numpy\.savez writes it, received method 12/);
  await expect(openDataset(write("pipe.npz", zipFile({ "images.npy": color }, { flags: 8 })))).rejects.toThrow(/expected its size before it, received none\. Write the archive to a file/);
  await expect(openDataset(write("empty.npz", Buffer.alloc(0)))).rejects.toThrow(/received 0 bytes without one/);
});

it("refuses members whose content is not that of their checksum", async () => {
  for (const [name, compressed] of [["stored", false], ["deflated", true]] as const) {
    const file = npz({ images: color, labels }, compressed);
    if (compressed) file.writeUInt32LE(7, file.indexOf("PK\x01\x02") + 16);
    else file[file.indexOf(color.subarray(-20)) + 3]! ^= 4;
    const path = write(`flipped ${name}.npz`, file);
    await expect(openDataset(path)).rejects.toThrow(/member "images\.npy": expected content with the CRC-32 [0-9a-f]{8}, received [0-9a-f]{8}\. The file is cut off or damaged/);
  }
  const unnamed = npz({ images: color, labels });
  unnamed.write("i", unnamed.lastIndexOf("labels.npy"));
  await expect(openDataset(write("unnamed.npz", unnamed))).rejects.toThrow(/member "labels\.npy": expected content with the CRC-32 of a member that the directory tells of/);
});

/** The end of an archive with its numbers in 64 bits, as archives of more than 4 GB have it. */
function withLargeEnd(file: Buffer): Buffer {
  const at = file.lastIndexOf("PK\x05\x06");
  const end = Buffer.from(file.subarray(at));
  const record = Buffer.alloc(56);
  record.write("PK\x06\x06", "latin1");
  record.writeBigUInt64LE(BigInt(end.readUInt32LE(12)), 40);
  record.writeBigUInt64LE(BigInt(end.readUInt32LE(16)), 48);
  const locator = Buffer.alloc(20);
  locator.write("PK\x06\x07", "latin1");
  locator.writeBigUInt64LE(BigInt(at), 8);
  end.fill(0xff, 12, 20);
  return Buffer.concat([file.subarray(0, at), record, locator, end]);
}

it("finds the directory of a large archive", async () => {
  const large = withLargeEnd(npz({ images: color, labels }));
  expect(await labelsAt(write("large.npz", large))).toEqual([2, 0, -1]);
  large.fill(0xff, large.length - 22 - 12, large.length - 22 - 4);
  await expect(openDataset(write("nowhere.npz", large))).rejects.toThrow(/nowhere\.npz: expected a zip archive whose end tells where its directory is, received one that does not/);
});

/** Changes the size that the first member is said to have. */
function withSize(bytes: Buffer, size: number): Buffer {
  bytes.writeBigUInt64LE(BigInt(size), 30 + "images.npy".length + 4);
  return bytes;
}

it("takes no memory for what an archive cannot hold", async () => {
  const bomb = npz({ images: npy("|u1", [1, 2, 4], new Uint8Array(1 << 24)) }, true);
  await expect(openDataset(write("bomb.npz", bomb))).rejects.toThrow(/expected 8 bytes for \|u1 \[1, 2, 4\], received 16777216/);
  // With a damaged end, which is not reached: the size in front is that of 8 values.
  const quiet = withSize(bomb.fill(0xff, bomb.indexOf("PK\x01\x02") - 20, bomb.indexOf("PK\x01\x02")), 128 + 8);
  await expect(openDataset(write("quiet.npz", quiet))).rejects.toThrow(/member "images\.npy": expected 136 bytes, received more/);
  const promise = withSize(npz({ images: npy("|u1", [1, 60_000, 60_000], bytes(8)) }, true), 3_600_000_128);
  await expect(openDataset(write("promise.npz", promise))).rejects.toThrow(/expected a size that its bytes can have, received 3600000128 of \d+/);
});

const pneumonia = sharedPath("data/pneumonia/pneumoniamnist.npz");
it.skipIf(pneumonia === undefined)("reads MedMNIST's pneumonia", async () => {
  const counts: number[][] = [];
  for (const split of ["train", "val", "test"]) {
    const dataset = await openDataset(`${pneumonia!}#${split}`);
    const found = await labelsAt(`${pneumonia!}#${split}`);
    counts.push([0, 1].map((label) => found.filter((other) => other === label).length));
    expect(await dataset.read(dataset.length - 1)).toMatchObject({ width: 28, height: 28, channels: 1 });
  }
  // As NumPy counts them.
  expect(counts).toEqual([[388, 3494], [135, 389], [234, 390]]);
});
