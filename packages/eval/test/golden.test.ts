import type { Float } from "@ssl-vit/core";
import { type GoldenArray, type GoldenCase, goldenCases, nativeWhereBuilt, testBackends, useBackend } from "@ssl-vit/testing";
import { tensor, type Tensor, type Tensor1D, tidy } from "@tensorflow/tfjs-core";
import { describe, expect, test } from "vitest";
import { alignment, alphaReq, effectiveRank, knnPredict, lidar, rankMe, uniformity, type VoteOptions } from "../src/index.js";

/** Written by benchmarks/reference/metrics.py. */
const goldenFile = new URL("golden/metrics.json", import.meta.url);

/** Float32 embeddings and results against float64. A predicted class must be the same. */
const tolerance = { relative: 1e-5, absolute: 0 };

const native = await nativeWhereBuilt(() => import("@ssl-vit/backend-native"));

/** Each function of the golden file, on the tensors of a case. */
const functions: Readonly<Record<string, (inputs: readonly Tensor[], options: GoldenCase["options"]) => Tensor>> = {
  rankMe: ([embeddings]) => rankMe(embeddings as Float<"N D">),
  effectiveRank: ([embeddings]) => effectiveRank(embeddings as Float<"N D">),
  alphaReq: ([embeddings], options) => alphaReq(embeddings as Float<"N D">, options),
  lidar: ([embeddings], options) => lidar(embeddings as Float<"N V D">, options),
  alignment: ([z0, z1], options) => alignment(z0 as Float<"B D">, z1 as Float<"B D">, options),
  uniformity: ([embeddings], options) => uniformity(embeddings as Float<"N D">, options),
  knnPredict: ([bank, labels, queries], options) =>
    knnPredict(bank as Float<"N D">, labels as Tensor1D, queries as Float<"Q D">, options as unknown as VoteOptions),
};

const toTensor = ({ shape, values, dtype }: GoldenArray): Tensor => tensor(values, shape, dtype ?? "float32");

describe.each(testBackends("cpu", ...native))("metrics and k-NN against lightly and PyTorch in float64, on %s", (backend) => {
  useBackend(backend);

  describe.each(Object.entries(functions))("%s", (name, compute) => {
    test.each(goldenCases(goldenFile, name).map((golden) => [golden.args[0]!.shape, golden.options, golden] as const))("%j, %j", (_, options, { args, value }) => {
      tidy(() => {
        const received = compute(args.map(toTensor), options);
        expect(received.shape).toEqual(value.shape);
        expect(received.dtype).toBe(value.dtype ?? "float32");
        if (value.dtype === "int32") expect([...received.dataSync()]).toEqual(value.values);
        else expect(received).toBeAllClose(value.values, tolerance);
      });
    });
  });
});
