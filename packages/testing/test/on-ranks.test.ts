import { type Collective, singleProcess } from "@ssl-vit/core";
import { add, grads, mul, scalar, square, sum, type Tensor, tensor1d, type Tensor1D, tensor2d, type Tensor2D } from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { expectNoLeaks, onRanks } from "../src/index.js";

describe("onRanks", () => {
  it("sums, averages and joins what the ranks bring, in rank order", () => {
    const results = onRanks(3, (group) => {
      const own = tensor2d([[group.rank, 10 * group.rank]]);
      return { size: group.size, sum: group.allReduce(own, "sum"), mean: group.allReduce(own, "mean"), all: group.allGather(own) };
    });
    for (const { size, sum, mean, all } of results) {
      expect(size).toBe(3);
      expect([...sum.dataSync()]).toEqual([3, 30]);
      expect([...mean.dataSync()]).toEqual([1, 10]);
      expect(all.arraySync()).toEqual([[0, 0], [1, 10], [2, 20]]);
    }
  });

  it("lets a call depend on the result of the one before", () => {
    const results = onRanks(2, (group) => {
      const first = group.allReduce(scalar(group.rank + 1), "sum"); // 3
      return group.allReduce(mul(first, group.rank + 1), "sum"); // 3 + 6
    });
    expect(results.map((result) => result.dataSync()[0])).toEqual([9, 9]);
  });

  it("sends gradients to where a tensor came from", () => {
    // Loss of rank r: (r + 1)·Σ (sum of all x)² + Σ_i weight_i·(row i of all)². Its gradients in the x of each rank add up over both losses.
    const x = [tensor1d([1, 2]), tensor1d([3, 4])];
    const loss = (group: Collective) => (own: Tensor): Tensor => {
      const total = group.allReduce(own, "sum");
      const all = group.allGather(own as Tensor1D);
      return add(mul(sum(square(total)), group.rank + 1), sum(mul(square(all), [1, 2, 3, 4])));
    };
    const gradients = onRanks(2, (collective) => grads(loss(collective))([x[collective.rank]!])[0]!);
    // d/dx of (1 + 2)·(x₀ + x₁)² is 6·(x₀ + x₁); of both ranks' Σ weight·x², 2·2·weight·x.
    expect([...gradients[0]!.dataSync()]).toEqual([6 * 4 + 4 * 1 * 1, 6 * 6 + 4 * 2 * 2]);
    expect([...gradients[1]!.dataSync()]).toEqual([6 * 4 + 4 * 3 * 3, 6 * 6 + 4 * 4 * 4]);
  });

  it("is the single process for a group of one", () => {
    const x = tensor2d([[1, 2], [3, 4]]);
    const run = (group: Collective): Tensor2D => group.allGather(group.allReduce(x, "mean"));
    expect(onRanks(1, run)[0]!).toBeAllClose(run(singleProcess), { absolute: 0, relative: 0 });
  });

  it("refuses ranks that make different calls", () => {
    expect(() => onRanks(2, (group) => group.allReduce(tensor1d(group.rank === 0 ? [1] : [1, 2]), "sum"))).toThrow(
      "Call 0: rank 1 comes with allReduce sum of [2] float32, another with allReduce sum of [1] float32.",
    );
    expect(() => onRanks(2, (group) => group.allReduce(scalar(1), group.rank === 0 ? "sum" : "mean"))).toThrow("Call 0");
    const unequalNumbers = (group: Collective) => (group.rank === 0 ? 0 : group.allReduce(scalar(1), "sum"));
    expect(() => onRanks(2, unequalNumbers)).toThrow("Ranks wait forever: rank 0 never makes call 0, allReduce sum of [] float32.");
  });

  it("refuses a function that does something else when it runs again", () => {
    let runs = 0;
    expect(() => onRanks(2, (group) => group.allReduce(scalar(runs++), "sum"))).toThrow("brings other values than when it ran before");
  });

  it("passes an error of the function on", () => {
    expect(() => onRanks(2, (group) => {
      group.allReduce(scalar(1), "sum");
      if (group.rank === 1) throw new TypeError("rank 1 fails");
    })).toThrow(TypeError);
  });

  it("frees what unfinished runs have made", async () => {
    await expectNoLeaks(() => {
      for (const result of onRanks(3, (group) => group.allReduce(add(group.allReduce(scalar(1), "sum"), 1), "mean"))) result.dispose();
    });
  });
});
