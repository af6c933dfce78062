// Everything that a group can do, by numbers that a test can work out.
import { mpi } from "@ssl-vit/distributed";
import { prepareEngine } from "@ssl-vit/engine";
import { add, grads, mul, square, sum, tensor1d, tensor2d } from "@tensorflow/tfjs-core";
import { writeResult } from "./write-result.js";

await prepareEngine({ engine: "cpu" });
const group = await mpi({ timeout: 30 });
const { rank, size } = group;
const own = tensor2d([[rank, 10 * rank]]);
const large = new Float32Array(new ArrayBuffer(4 * 700_001)).fill(rank + 1);
large[700_000] = 10 * rank;
const pending = group.startSum(large);
pending.wait();
const bytes = new Uint8Array(new ArrayBuffer(3)).fill(rank + 5);
group.broadcast(bytes);

// The loss of on-ranks.test.ts of @ssl-vit/testing.
const x = [tensor1d([1, 2]), tensor1d([3, 4])];
const gradient = grads((/** @type {import("@tensorflow/tfjs-core").Tensor1D} */ mine) => {
  const all = group.allGather(mine);
  return add(sum(mul(square(all), [1, 2, 3, 4])), mul(sum(square(group.allReduce(mine, "sum"))), rank + 1));
})([x[rank]])[0];

writeResult(group, {
  rank,
  size,
  transport: group.transport,
  places: group.places,
  sum: group.allReduce(own, "sum").arraySync(),
  mean: group.allReduce(own, "mean").arraySync(),
  all: group.allGather(own).arraySync(),
  integers: [...group.allGather(tensor1d([rank, 0 - rank], "int32")).dataSync()],
  gradient: [...gradient.dataSync()],
  large: [large[0], large[699_999], large[700_000]],
  isDone: pending.isDone(),
  bytes: [...bytes],
  exchanged: group.exchange(`rank ${rank}: ${"ä".repeat(rank)}`),
  single: group.exchange(""),
});
group.agree(undefined);
group.close();
