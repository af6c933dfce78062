import { createRandom, type Float } from "@ssl-vit/core";
import { tensor2d } from "@tensorflow/tfjs-core";

/** Embeddings that are all the same but for the rounding of float32. */
export const almostConstant = (rows: number, dim: number): Float<"N D"> =>
  tensor2d(createRandom(9).derive("rounding").normals(rows * dim).map((value) => 3 + 2e-7 * value), [rows, dim]);
