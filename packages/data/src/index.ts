export { createLoader, type Loader, type LoaderOptions } from "./create-loader.js";
export type { HostBatch, HostView } from "./host-batch.js";
export type { EncodedImage, ImageDataset } from "./image-dataset.js";
export { openDataset } from "./open-dataset.js";
export { disposeViewBatch, toViewBatch } from "./to-view-batch.js";
