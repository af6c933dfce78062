import type { Hash } from "node:crypto";
import type { ImageDataset } from "@ssl-vit/data";

/** Adds an image to a hash: its size and its pixels. */
export function hashImage(hash: Hash, { width, height, channels, data }: Awaited<ReturnType<ImageDataset["read"]>>): Hash {
  return hash.update(`${width} ${height} ${channels}`).update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
}
