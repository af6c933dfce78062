import { createRandom, type Float } from "@ssl-vit/core";
import { tensor2d } from "@tensorflow/tfjs-core";

/** Standard normal rows, the same for the same name. */
export const randomRows = (name: string, rows = 6, columns = 5): Float<"B D"> =>
  tensor2d(createRandom(11).derive(name).normals(rows * columns), [rows, columns]);
