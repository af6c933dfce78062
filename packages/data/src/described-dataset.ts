import { type FolderDescriptor, folderDataset } from "./image-folder.js";
import type { ImageDataset } from "./image-dataset.js";
import { type ParquetDescriptor, parquetDataset } from "./parquet.js";
import { type PixelDescriptor, pixelDataset } from "./pixel-dataset.js";
import { type RecordsDescriptor, recordsDataset } from "./records.js";
import { type WebDatasetDescriptor, webDataset } from "./webdataset.js";

/** What the readers of this package leave for a worker thread. */
export type DatasetDescriptor = FolderDescriptor | WebDatasetDescriptor | PixelDescriptor | RecordsDescriptor | ParquetDescriptor;

const kinds: readonly string[] = ["folder", "webdataset", "pixels", "records", "parquet"] satisfies DatasetDescriptor["kind"][];

/** True for a descriptor of this package's readers, false for that of a data set somebody else wrote. */
export function isDatasetDescriptor(descriptor: { readonly kind: string }): descriptor is DatasetDescriptor {
  return kinds.includes(descriptor.kind);
}

/** Opens the images that a descriptor tells of. */
export function describedDataset(descriptor: DatasetDescriptor): ImageDataset {
  switch (descriptor.kind) {
    case "folder":
      return folderDataset(descriptor);
    case "webdataset":
      return webDataset(descriptor);
    case "pixels":
      return pixelDataset(descriptor);
    case "records":
      return recordsDataset(descriptor);
    case "parquet":
      return parquetDataset(descriptor);
  }
}
