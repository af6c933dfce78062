import { type ImageDataset, openDataset } from "@ssl-vit/data";
import { warn } from "./console-output.js";

/** Opens a data set, and tells what a person should know of how it was read. */
export async function openImages(path: string): Promise<ImageDataset> {
  const data = await openDataset(path);
  for (const note of data.notes ?? []) warn(note);
  return data;
}
