import type { Rank, Tensor } from "@tensorflow/tfjs-core";

type Words<Axes extends string, Count extends readonly unknown[] = []> = Axes extends `${string} ${infer Rest}`
  ? Words<Rest, [...Count, unknown]>
  : [...Count, unknown]["length"];

interface RankByCount {
  1: Rank.R1;
  2: Rank.R2;
  3: Rank.R3;
  4: Rank.R4;
  5: Rank.R5;
  6: Rank.R6;
}

/**
 * A float32 tensor whose axes are named in the type: `Float<"B N D">` is a Tensor3D, `Float<"">` a scalar.
 * The compiler checks the rank; the letters are for the reader.
 *
 * **B** batch · **V** views · **N** tokens · **P** patches · **D** embedding · **H** heads · **K** prototypes · **Y X C** image.
 */
export type Float<Axes extends string> = Axes extends ""
  ? Tensor<Rank.R0>
  : Words<Axes> extends keyof RankByCount
    ? Tensor<RankByCount[Words<Axes>]>
    : never;
