import type { Judged } from "./judged.js";

/** What one seed's classifier is worth. */
export interface ClassifierResult {
  readonly top1: number;
  readonly top5: number;
  /** Images by class and by the class they were taken for; of few classes alone. */
  readonly confusion?: readonly (readonly number[])[] | undefined;
  /** Test images that are in the training set as well. */
  readonly overlap?: number;
  /** Of its own, where it differs from the others (`--checkpoint random`). */
  readonly judged?: Judged;
  readonly protocol: object & { readonly testImages: number };
}
