import type { RawImage } from "@ssl-vit/augment";

/** An image file in memory. */
export interface EncodedImage {
  readonly bytes: Uint8Array;
  /** Lower case, without the dot. */
  readonly extension: string;
}

/** Images that can be read in any order. */
export interface ImageDataset {
  /** What the user gave: `"data/cifar10#train"`. */
  readonly location: string;
  /** How it is stored: `"folder"`, `"list"`, `"webdataset"`, `"mnist"` (IDX), `"cifar10"`, `"cifar100"`, `"stl10"`, `"npz"`, `"npy"` or `"parquet"`. */
  readonly kind: string;
  readonly length: number;
  /** Names of the labels, where the data has names; `""` where that of a class without images is not known. */
  readonly classes?: readonly string[];
  /** What a person should know of how the data was read, in sentences: labels that were left out. */
  readonly notes?: readonly string[];
  /** What the image is called in its data set: a path below the folder, a shard's key, a position. */
  keyOf(index: number): string;
  /** Class number, or -1 where the image has none. */
  labelOf(index: number): number;
  /** Decodes one image. Rejects, saying why, when it cannot be read. */
  read(index: number): Promise<RawImage>;
  /** The file of an image as it is stored, and its ending (`"jpg"`). Absent where images are stored as plain pixels. */
  readEncoded?(index: number): Promise<EncodedImage>;
  /**
   * Where each run of images begins that lie one after the other in one file: shards, row groups. Ascending, the first is 0. Absent where no
   * image is nearer than another.
   */
  readonly runs?: Int32Array;
  /** Plain data from which a worker thread opens the same images without looking for them again. */
  readonly descriptor: { readonly kind: string };
  /** Closes the files it holds open. */
  close(): Promise<void>;
}
