// All-reduce in place by the group that training uses, as a rank: node bandwidth-rounds.js BYTES REPEATS BYTES REPEATS … The counterpart of allreduce.c.
import { median } from "@ssl-vit/bench";
import { mpi } from "@ssl-vit/distributed";

const group = await mpi({ timeout: 60 });
const numbers = process.argv.slice(2).map(Number);
const one = new Float32Array(new ArrayBuffer(4));

/** @param {number} bytes @param {number} repeats */
function measure(bytes, repeats) {
  const values = new Float32Array(new ArrayBuffer(bytes));
  const expected = (group.size * (group.size + 1)) / 2;
  const seconds = [];
  for (let turn = -2; turn < repeats; turn++) { // two to warm up
    values.fill(group.rank + 1);
    group.startSum(one).wait(); // all are here
    const started = performance.now();
    group.startSum(values).wait();
    if (turn >= 0) seconds.push((performance.now() - started) / 1000);
    for (let index = 0; index < values.length; index++) if (values[index] !== expected) throw new Error(`expected sums of ${expected}`);
  }
  return median(seconds);
}

const sizes = [];
for (let at = 0; at + 1 < numbers.length; at += 2) {
  const [bytes = 0, repeats = 0] = numbers.slice(at);
  sizes.push({ bytes, ours: measure(bytes, repeats) });
}
if (group.rank === 0) process.stdout.write(`${JSON.stringify({ sizes, transport: group.transport })}\n`);
group.close();
