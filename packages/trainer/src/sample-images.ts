import { createHash } from "node:crypto";
import type { ImageSample } from "@ssl-vit/core";
import { evenPositions, type ImageDataset } from "@ssl-vit/data";
import { hashImage } from "./hash-image.js";

/** Places in the data that are looked at, each with the image behind it: copies often lie side by side. */
const PLACES = 64;
/** Large photographs take long to decode: then fewer do. */
const SECONDS = 2;

/**
 * Looks at some of the stored images, at even distances: how many are broken, how many are another one's copy, how many have one value only.
 *
 * @param positions of the images that are trained on; default all
 */
export async function sampleImages(data: ImageDataset, positions?: Int32Array): Promise<ImageSample> {
  const length = positions?.length ?? data.length;
  const places = new Set([...evenPositions(length, PLACES)].flatMap((place) => [place, Math.min(place + 1, length - 1)]));
  const started = performance.now();
  const seen = new Set<string>();
  const sample = { images: 0, broken: 0, duplicates: 0, constant: 0 };
  for (const place of places) {
    if (performance.now() - started > SECONDS * 1000) break;
    sample.images++;
    const image = await data.read(positions?.[place] ?? place).catch(() => undefined);
    if (image === undefined) {
      sample.broken++;
      continue;
    }
    const digest = hashImage(createHash("sha1"), image).digest("base64");
    if (seen.has(digest)) sample.duplicates++;
    seen.add(digest);
    if (image.data.every((value) => value === image.data[0])) sample.constant++;
  }
  return sample;
}
