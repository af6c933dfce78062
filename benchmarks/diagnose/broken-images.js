// Data sets that are broken as users' are: files on a disk, written into the run's own folder.
import { Buffer } from "node:buffer";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { openDataset } from "@ssl-vit/data";
import { domainImages } from "./domain-images.js";

/** @typedef {import("@ssl-vit/data").ImageDataset} ImageDataset */

/** Height, width, channels of CIFAR-10's images. */
const SHAPE = [32, 32, 3];
const BYTES = SHAPE.reduce((product, size) => product * size, 1);

/** The first bytes of NumPy's file of images, whose header is a Python dictionary filled up to a multiple of 64 bytes. @param {number} images */
function npyHeader(images) {
  const text = `{'descr': '|u1', 'fortran_order': False, 'shape': (${[images, ...SHAPE].join(", ")}), }`;
  const padded = `${text.padEnd(Math.ceil((text.length + 11) / 64) * 64 - 11)}\n`;
  const start = Buffer.from([0x93, ...Buffer.from("NUMPY"), 1, 0, 0, 0]);
  start.writeUInt16LE(padded.length, 8);
  return Buffer.concat([start, Buffer.from(padded, "latin1")]);
}

/**
 * Writes images as one file, and opens it.
 *
 * @param {string} folder @param {number} images @param {(index: number) => Uint8Array} pixelsOf
 */
function written(folder, images, pixelsOf) {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, "images.npy");
  writeFileSync(path, Buffer.concat([npyHeader(images), ...Array.from({ length: images }, (_, index) => pixelsOf(index))]));
  return openDataset(path);
}

/** The first photographs' pixels. @param {number} count */
async function photographs(count) {
  const data = await openDataset(domainImages("photographs").train);
  try {
    return await Promise.all(Array.from({ length: count }, async (_, index) => Uint8Array.from((await data.read(index)).data)));
  } finally {
    await data.close();
  }
}

/**
 * Images that are black, or of one grey each: floats from 0 to 1 that were written as whole numbers are all of them 0 or 1.
 *
 * @param {number} images @param {(index: number) => number} [valueOf]
 */
export const plainImages = (images, valueOf = () => 0) => (/** @type {string} */ folder) => written(folder, images, (index) => new Uint8Array(BYTES).fill(valueOf(index)));

/**
 * So many photographs, each of them so often.
 *
 * @param {number} different @param {number} times
 */
export const repeatedImages = (different, times) => async (/** @type {string} */ folder) => {
  const pixels = await photographs(different);
  return written(folder, different * times, (index) => /** @type {Uint8Array} */ (pixels[index % different]));
};

/**
 * Photographs, one of which is black.
 *
 * @param {number} images @param {number} blackAt position of the black one
 */
export const photographsWithBlack = (images, blackAt) => async (/** @type {string} */ folder) => {
  const pixels = await photographs(images);
  return written(folder, images, (index) => (index === blackAt ? new Uint8Array(BYTES) : /** @type {Uint8Array} */ (pixels[index])));
};

/**
 * Files of photographs, some of which were cut off as they were copied.
 *
 * @param {number} images @param {(index: number) => boolean} isCut
 */
export const cutFiles = (images, isCut) => async (/** @type {string} */ folder) => {
  const data = await openDataset(domainImages("photographs").train);
  mkdirSync(folder, { recursive: true });
  for (let index = 0; index < images; index++) {
    const encoded = await data.readEncoded?.(index);
    if (encoded === undefined) throw new Error(`[diagnose] ${data.location}: expected image files, received plain pixels.`);
    const { bytes, extension } = encoded;
    writeFileSync(join(folder, `${String(index).padStart(5, "0")}.${extension}`), isCut(index) ? bytes.subarray(0, bytes.length >> 1) : bytes);
  }
  await data.close();
  return openDataset(folder);
};

/**
 * Photographs on a disk, or behind a network, that takes so long for each.
 *
 * @param {number} milliseconds
 */
export const slowDisk = (milliseconds) => async () => {
  const data = await openDataset(domainImages("photographs").train);
  return {
    ...data,
    location: `${data.location}, slow`,
    // No worker thread can open it: it is read in the training's own.
    descriptor: { kind: "slow" },
    read: async (/** @type {number} */ index) => {
      await wait(milliseconds);
      return data.read(index);
    },
    close: () => data.close(),
  };
};

/** Another domain's images. @param {import("./domain-images.js").DomainName} name */
export const imagesOf = (name) => () => openDataset(domainImages(name).train);
