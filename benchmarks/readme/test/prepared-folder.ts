import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createRandom } from "@ssl-vit/core";
import { convertToShards, openDataset } from "@ssl-vit/data";
import { vit } from "@ssl-vit/vit";
import { saveEncoder } from "@ssl-vit/weights";
import sharp from "sharp";

/** Pictures of noise, each another one, in `name` of a folder. */
export async function writePictures(folder: string, name: string, images: number): Promise<void> {
  mkdirSync(join(folder, name), { recursive: true });
  for (let image = 0; image < images; image++) {
    const data = Uint8Array.from(createRandom(0).derive(name, image).uniforms(32 * 32 * 3), (value) => value * 255);
    await sharp(data, { raw: { width: 32, height: 32, channels: 3 } }).png().toFile(join(folder, name, `${image}.png`));
  }
}

/** A folder of classes, a half of the images each. */
async function writeClasses(folder: string, name: string, images: number): Promise<void> {
  for (const kind of ["cats", "dogs"]) await writePictures(folder, `${name}/${kind}`, images / 2);
}

/** MNIST's two files of a split (http://yann.lecun.com/exdb/mnist, "the IDX file format"). */
function writeDigits(folder: string, split: string, images: number): void {
  const header = (magic: number, ...sizes: number[]): Buffer => {
    const bytes = Buffer.alloc(4 * (1 + sizes.length));
    [magic, ...sizes].forEach((value, index) => bytes.writeUInt32BE(value, 4 * index));
    return bytes;
  };
  const pixels = Uint8Array.from(createRandom(0).derive(split).uniforms(images * 28 * 28), (value) => value * 255);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${split}-images-idx3-ubyte`), Buffer.concat([header(0x803, images, 28, 28), pixels]));
  writeFileSync(join(folder, `${split}-labels-idx1-ubyte`), Buffer.concat([header(0x801, images), Uint8Array.from({ length: images }, (_, index) => index % 2)]));
}

async function writeShard(folder: string, location: string, name: string): Promise<void> {
  const dataset = await openDataset(join(folder, location));
  await convertToShards(dataset, join(folder, name));
  await dataset.close();
}

/** What the documents' commands find in the folder that they are called in; `runs/mae` is not among it. */
export async function prepareFolder(folder: string): Promise<void> {
  await writePictures(folder, "photos", 64);
  for (const place of ["labelled", "lungs"]) {
    await writeClasses(folder, `${place}/train`, 60);
    await writeClasses(folder, `${place}/test`, 20);
  }
  for (const [split, images] of [["train", 60], ["t10k", 20]] as const) writeDigits(join(folder, "mnist"), split, images);
  await writeShard(folder, "labelled/train", "cifar10-train.tar");
  await writeShard(folder, "labelled/test", "cifar10-test.tar");
  const encoder = vit({ size: "pico", imageSize: 28, patchSize: 14 })("student");
  await saveEncoder(encoder, join(folder, "dinov2-small"), { format: "hf" });
  for (const variable of Object.values(encoder.parameters)) variable.dispose();
}
