import { singleProcess } from "@ssl-vit/core";
import { expectNoLeaks, onRanks } from "@ssl-vit/testing";
import { dispose, tensor2d, tidy } from "@tensorflow/tfjs-core";
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
