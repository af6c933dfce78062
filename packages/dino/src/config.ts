import type { Schedule } from "@ssl-vit/core";
import { constant, cosine } from "@ssl-vit/optim";

/** Options of DINO. Defaults are those of the authors' `main_dino.py`. */
export interface DinoConfig {
  /** Prototypes K, the head's output size. Default 65,536; a few thousand suit small data sets. */
  readonly prototypes: number;
  /** Width of the head's hidden layers. Default 2048: `vision_transformer.py`. */
  readonly hiddenDim: number;
  /** Size of the normalised embedding before the prototypes. Default 256. */
  readonly bottleneckDim: number;
  /** Fixes the norm of the prototypes at 1. Default true; the authors switch it off for ViT-S. */
  readonly normalizeLastLayer: boolean;
  /** Epochs at the start in which the prototypes are not updated. Default 1. */
  readonly freezeLastLayerEpochs: number;
  /** Softmax temperature of the student. Default 0.1: Section 3.1. */
  readonly studentTemperature: number;
  /** Softmax temperature of the teacher. Default 0.04; above 0.07 training is unstable. */
  readonly teacherTemperature: Schedule;
  /** Share of the teacher kept at each step. Default cosine from 0.996 to 1; 0.9995 is better for a batch of 256. */
  readonly teacherMomentum: Schedule;
  /** Share of the centre kept at each step. Default 0.9. */
  readonly centerMomentum: number;
  /** Local views per image; 0 switches multi-crop off, for which `main_dino.py` advises a `globalScale` of [0.14, 1]. Default 8. */
  readonly localViews: number;
  /** Side of a local view ÷ side of a global one, rounded to whole patches. Default 96 / 224. */
  readonly localSizeRatio: number;
  /** Share of the image's area in a global view. Default [0.4, 1]; without local views the authors advise a wider one, [0.14, 1]. */
  readonly globalScale: readonly [number, number];
  /** Share of the image's area in a local view. Default [0.05, 0.4]. */
  readonly localScale: readonly [number, number];
}

export const defaults: DinoConfig = {
  prototypes: 65_536,
  hiddenDim: 2048,
  bottleneckDim: 256,
  normalizeLastLayer: true,
  freezeLastLayerEpochs: 1,
  studentTemperature: 0.1,
  teacherTemperature: constant(0.04),
  teacherMomentum: cosine({ from: 0.996, to: 1 }),
  centerMomentum: 0.9,
  localViews: 8,
  localSizeRatio: 96 / 224,
  globalScale: [0.4, 1],
  localScale: [0.05, 0.4],
};
