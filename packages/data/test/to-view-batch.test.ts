import { memory } from "@tensorflow/tfjs-core";
import { expectNoLeaks } from "@ssl-vit/testing";
import { expect, it } from "vitest";
import { disposeViewBatch, type HostBatch, toViewBatch } from "../src/index.js";

const host: HostBatch = {
  size: 2,
  indices: Int32Array.of(4, 1),
  labels: Int32Array.of(-1, -1),
  views: [
    { name: "global", shape: [2, 2, 2, 1], data: Float32Array.from({ length: 8 }, (_, index) => index / 2) },
    { name: "local", shape: [2, 1, 1, 1], data: Float32Array.of(7, 8) },
  ],
};

it("makes one tensor a view", () => {
  const before = memory().numTensors;
  const batch = toViewBatch(host);
  expect(memory().numTensors - before).toBe(2);
  expect(batch).toMatchObject({ size: 2, indices: host.indices });
  expect(batch.views.map(({ name, images }) => [name, images.shape])).toEqual([["global", [2, 2, 2, 1]], ["local", [2, 1, 1, 1]]]);
  expect(batch.views[0]!.images).toBeAllClose(host.views[0]!.data, { absolute: 0, relative: 0 });
  disposeViewBatch(batch);
});

it("leaves no tensor behind", () => expectNoLeaks(() => { disposeViewBatch(toViewBatch(host)); }));
