import { type Collective, createRandom, type Float, singleProcess } from "@ssl-vit/core";
import { updateCenter } from "@ssl-vit/losses";
import { expectNoLeaks, onRanks } from "@ssl-vit/testing";
import { concat, dispose, type Rank, reshape, tensor2d, tidy } from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { createCenter } from "../src/index.js";

describe("a center", () => {
  const scores = tensor2d([[1, 4], [3, 0]]); // of mean [2, 2]
  const more = tensor2d([[8, -2], [4, -2]]); // of mean [6, -2]

  it("starts at 0 and moves towards the mean of the scores: c = 0.9·c + 0.1·mean", () => {
    const center = createCenter(2);
    expect([...center.value.dataSync()]).toEqual([0, 0]);
    center.note(scores, singleProcess);
    expect([...center.value.dataSync()]).toEqual([0, 0]); // in `advance` alone
    center.advance(0.9);
    expect(center.value).toBeAllClose([0.2, 0.2]);
    center.note(more, singleProcess);
    center.advance(0.9);
    expect(center.value).toBeAllClose([0.78, -0.02]);
    center.value.dispose();
  });

  it("moves once for all batches of a step, and stays when there was none", () => {
    const center = createCenter(2);
    center.note(scores, singleProcess);
    center.note(more, singleProcess);
    center.advance(0.5);
    expect(center.value).toBeAllClose([2, 0]);
    center.advance(0.5);
    expect(center.value).toBeAllClose([2, 0]);
    center.value.dispose();
  });

  it("is on every process that of all", () => {
    const values = onRanks(2, (collective) => {
      const center = createCenter(2);
      center.note(collective.rank === 0 ? scores : more, collective);
      center.advance(0);
      const moved = [...center.value.dataSync()];
      center.value.dispose();
      return moved;
    });
    expect(values).toEqual([[4, 0], [4, 0]]);
  });

  it("counts rows, not batches: three rows of one and one of another", () => {
    const center = createCenter(2);
    const three = concat([scores, tensor2d([[8, 5]])]); // of sum [12, 9]
    center.note(three, singleProcess);
    center.note(more, singleProcess, 1);
    center.note(more, singleProcess, 0);
    center.advance(0);
    expect(center.value).toBeAllClose([5, 1.75]);
    for (let step = 0; step < 2; step++) {
      center.note(more, singleProcess, 0);
      center.advance(0.9);
    }
    expect([...center.value.dataSync()]).toEqual([5, 1.75]); // stays to the bit
    three.dispose();
    center.value.dispose();
  });

  it("is on every process that of all rows, however many each has in each part of a step; each part costs one allReduce", () => {
    const all = [[[1, 4], [3, 0], [8, -2]], [[4, -2]]];
    const counts = [[3, 0], [0, 1]]; // of the processes in the first part, in the second
    const results = onRanks(2, (collective) => {
      let calls = 0;
      const counting: Collective = { ...collective, allReduce: (tensor, operation) => (calls++, collective.allReduce(tensor, operation)) };
      const center = createCenter(2);
      for (const [part, of] of counts.entries()) center.note(tensor2d(all[part]!), counting, of[collective.rank]);
      center.advance(0);
      const moved = [...center.value.dataSync()];
      center.value.dispose();
      return { moved, calls };
    });
    expect(results).toEqual([{ moved: [4, 0], calls: 2 }, { moved: [4, 0], calls: 2 }]);
  });

  it("of one batch in one process is updateCenter's to the bit where the number of rows is a power of two, else to 1e-6", () => {
    for (const rows of [2, 64, 3, 100]) {
      const drawn: Float<"B K"> = tensor2d(createRandom(rows).normals(rows * 5), [rows, 5]);
      const center = createCenter(5);
      const expected = updateCenter(center.value, reshape<Rank.R3>(drawn, [1, rows, 5]), { momentum: 0.9 });
      center.note(drawn, singleProcess);
      center.advance(0.9);
      const isExact = Number.isInteger(Math.log2(rows));
      expect(center.value).toBeAllClose(expected, { absolute: isExact ? 0 : 1e-6, relative: 0 });
      dispose([drawn, expected, center.value]);
    }
  });

  it("leaves no tensor behind, noted inside a tidy or not", async () => {
    const center = createCenter(2);
    await expectNoLeaks(() => {
      center.note(scores, singleProcess);
      tidy(() => { center.note(more, singleProcess); });
      center.advance(0.9);
    });
    dispose([center.value]);
  });
});
