import "@tensorflow/tfjs-backend-wasm";
import { readFileSync } from "node:fs";
import { type GoldenArray, nativeWhereBuilt, testBackends, useBackend } from "@ssl-vit/testing";
import { dispose, type Rank, type ShapeMap, tensor, type Tensor } from "@tensorflow/tfjs-core";
import { describe, expect, test } from "vitest";
import { vit, type VitOptions } from "../src/index.js";

interface GoldenBlocks {
  readonly encoder: VitOptions;
  readonly variables: Readonly<Record<string, GoldenArray>>;
  readonly images: GoldenArray;
  readonly blocks: readonly GoldenArray[];
}

/** Written by benchmarks/reference/vit_blocks.py. */
const golden = JSON.parse(readFileSync(new URL("golden/blocks.json", import.meta.url), "utf8")) as GoldenBlocks;
const toTensor = <R extends Rank>({ values, shape }: GoldenArray): Tensor<R> => tensor(values, shape as ShapeMap[R]);

const native = await nativeWhereBuilt(() => import("@ssl-vit/backend-native"));

describe.each(testBackends("cpu", "wasm", ...native))("blocks on %s", (backend) => {
  useBackend(backend);

  // Received: within 4e-6.
  test("encodeNormalizedBlocks gives timm's get_intermediate_layers", () => {
    const encoder = vit(golden.encoder)("teacher");
    expect(Object.keys(encoder.parameters).sort()).toEqual(Object.keys(golden.variables).sort());
    for (const [name, variable] of Object.entries(encoder.parameters)) variable.assign(toTensor(golden.variables[name]!));
    const patches = encoder.embedPatches(toTensor<Rank.R4>(golden.images));
    for (const count of [1, 4, 5]) {
      const blocks = encoder.encodeNormalizedBlocks!(patches, count);
      const expected = golden.blocks.slice(-count);
      expect(blocks.map(({ shape }) => shape)).toEqual(expected.map(({ shape }) => shape));
      for (const [index, tokens] of blocks.entries()) expect(tokens).toBeAllClose(expected[index]!.values, { absolute: 1e-5, relative: 0 });
    }
    dispose({ ...encoder.parameters });
  });
});
