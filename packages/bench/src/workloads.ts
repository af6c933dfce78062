import { ConfigError, createRandom, disposeMethod, encodeInChunks, type EncoderFactory, type Float, type Method, pooledFeatures, singleProcess, type View, type ViewBatch, type ViewPolicy } from "@ssl-vit/core";
import { dino } from "@ssl-vit/dino";
import { mae } from "@ssl-vit/mae";
import { createOptimizer } from "@ssl-vit/optim";
import { simclr } from "@ssl-vit/simclr";
import { trainingStep } from "@ssl-vit/trainer";
import { vit, type VitOptions } from "@ssl-vit/vit";
import { tensor4d } from "@tensorflow/tfjs-core";

/** Every workload: one training step of a method, or the features of a batch. */
export const workloadNames = ["simclr", "mae", "dino", "embed"] as const;
/** One of {@link workloadNames}. */
export type WorkloadName = (typeof workloadNames)[number];

/** `reference` is what results are compared on, `tiny` the same steps on a small ViT: for tests, and for slow engines. */
export type Scale = "reference" | "tiny";

/** What may differ from the scale's sizes. */
export interface WorkloadOptions {
  /** Images a step. */
  readonly images?: number;
  /** Views through the encoders at a time (`encodeInChunks`). */
  readonly microBatch?: number;
  /** Share of the patches that `mae` masks, in (0, 1). Default 0.75. The other workloads mask nothing. */
  readonly maskRatio?: number;
}

/** Something to time. */
export interface Workload {
  /** Images (not views) that one step takes. */
  readonly images: number;
  /** What a method cuts from an image; undefined for `embed`. */
  readonly views: ViewPolicy | undefined;
  /** One step on random images, the same in every step, or on a batch of `views` from a loader. */
  step(batch?: ViewBatch): void;
  /** Frees its variables. */
  dispose(): void;
}

interface Sizes {
  readonly images: number;
  readonly model: VitOptions & { readonly imageSize: number };
  /** MAE's decoder: width, blocks, heads. */
  readonly decoder?: readonly [dim: number, depth: number, heads: number];
  /** DINO's. */
  readonly prototypes?: number;
}

const tinyModel = { embedDim: 32, depth: 2, numHeads: 2 } as const;
const sizes: Readonly<Record<Scale, Readonly<Record<WorkloadName, Sizes>>>> = {
  reference: {
    simclr: { images: 64, model: { size: "tiny", imageSize: 32, patchSize: 4 } },
    mae: { images: 16, model: { size: "small", imageSize: 224, patchSize: 16 }, decoder: [512, 8, 16] },
    dino: { images: 16, model: { size: "tiny", imageSize: 32, patchSize: 4 }, prototypes: 4096 },
    embed: { images: 32, model: { size: "small", imageSize: 224, patchSize: 16 } },
  },
  tiny: {
    simclr: { images: 4, model: { ...tinyModel, imageSize: 16, patchSize: 4 } },
    mae: { images: 4, model: { ...tinyModel, imageSize: 32, patchSize: 8 }, decoder: [32, 1, 2] },
    dino: { images: 4, model: { ...tinyModel, imageSize: 16, patchSize: 4 }, prototypes: 64 },
    embed: { images: 4, model: { ...tinyModel, imageSize: 32, patchSize: 8 } },
  },
};

const methods: Readonly<Record<Exclude<WorkloadName, "embed">, (encoders: EncoderFactory, sizes: Sizes & Pick<WorkloadOptions, "maskRatio">) => Method>> = {
  simclr: (encoders) => simclr(encoders, { hiddenDim: 2048, outputDim: 128, projectorLayers: 2, temperature: 0.5 }),
  mae: (encoders, { decoder: [decoderDim, decoderDepth, decoderHeads] = [512, 8, 16], maskRatio = mae.defaults.maskRatio }) =>
    mae(encoders, { decoderDim, decoderDepth, decoderHeads, maskRatio }),
  dino: (encoders, { prototypes = 4096 }) => dino(encoders, { prototypes, localViews: 6, localSizeRatio: 0.5, freezeLastLayerEpochs: 0 }),
};

/** Normal values, the same in every run. */
function randomImages(stream: string, images: number, side: number): Float<"B Y X C"> {
  return tensor4d(createRandom(0).derive("bench", stream).normals(images * side * side * 3), [images, side, side, 3]);
}

function embedding(encoders: EncoderFactory, { images, model }: Sizes): Workload {
  const encoder = encoders("teacher");
  const batch = randomImages("global", images, model.imageSize);
  return {
    images,
    views: undefined,
    step: () => {
      const features = pooledFeatures(encoder, batch);
      features.dataSync(); // waits for engines that compute in the background
      features.dispose();
    },
    dispose: () => {
      batch.dispose();
      for (const variable of [...Object.values(encoder.parameters), ...Object.values(encoder.buffers)]) variable.dispose();
    },
  };
}

/**
 * Makes a workload on the current backend, with random images and weights: loss, gradients, AdamW, the method's moving averages, as the
 * trainer does them.
 *
 * @throws ConfigError for a mask ratio of a workload that masks nothing
 */
export function createWorkload(name: WorkloadName, scale: Scale = "reference", { images = sizes[scale][name].images, microBatch, maskRatio }: WorkloadOptions = {}): Workload {
  if (maskRatio !== undefined && name !== "mae") throw new ConfigError({ package: "bench", what: "maskRatio", expected: "the workload mae, which masks", received: name });
  const ofWorkload = { ...sizes[scale][name], images, ...(maskRatio === undefined ? {} : { maskRatio }) };
  const { model } = ofWorkload;
  const encoders = microBatch === undefined ? vit(model) : encodeInChunks(vit(model), { microBatch });
  if (name === "embed") return embedding(encoders, ofWorkload);
  const method = methods[name](encoders, ofWorkload);
  const optimizer = createOptimizer({ name: "adamw", learningRate: 1e-4, weightDecay: 0.01 }, method.trainable, { batchSize: images });
  const views: readonly View[] = method.views.groups.flatMap((group, groupIndex) =>
    Array.from({ length: group.count }, (_, index) => ({ name: group.name, images: randomImages(`${groupIndex}.${index}`, images, group.size) })),
  );
  const randomBatch: ViewBatch = { size: images, views, indices: Int32Array.from({ length: images }, (_, index) => index) };
  const random = createRandom(0).derive("steps");
  const totalSteps = 1000;
  let step = 0;
  return {
    images,
    views: method.views,
    step: (batch = randomBatch) => {
      const progress = { step, totalSteps, epoch: step / 100, totalEpochs: totalSteps / 100 };
      trainingStep(method, optimizer, batch, { training: true, random: random.derive(step), collective: singleProcess, progress });
      step++;
    },
    dispose: () => {
      for (const view of views) view.images.dispose();
      optimizer.dispose();
      disposeMethod(method);
    },
  };
}
