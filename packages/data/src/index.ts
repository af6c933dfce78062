export { type ConvertedShards, type ConvertOptions, convertToShards } from "./convert-to-shards.js";
export { createLoader, type Loader, type LoaderOptions } from "./create-loader.js";
export { type DatasetDownload, datasetDownloads } from "./dataset-downloads.js";
export { type DownloadedDataset, downloadDataset, type DownloadOptions } from "./download-dataset.js";
export type { HostBatch, HostView } from "./host-batch.js";
export type { EncodedImage, ImageDataset } from "./image-dataset.js";
export { type ChannelStatistics, type DatasetReport, inspectDataset, type InspectOptions } from "./inspect-dataset.js";
export { openDataset } from "./open-dataset.js";
export { disposeViewBatch, toViewBatch } from "./to-view-batch.js";
