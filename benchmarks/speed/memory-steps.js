// Trains the tiny scale of a workload for long in one process and prints what the process holds at some steps: node --expose-gc memory-steps.js WORKLOAD STEP,STEP,…
import { setImmediate } from "node:timers/promises";
import { createWorkload, workloadNames } from "@ssl-vit/bench";
import { prepareEngine } from "@ssl-vit/engine";
import { backend, memory } from "@tensorflow/tfjs-core";

const [name, list = ""] = process.argv.slice(2);
const workloadName = workloadNames.find((known) => known === name);
const collect = globalThis.gc;
if (workloadName === undefined || collect === undefined) throw new Error(`expected a workload and --expose-gc, received ${name} and ${process.execArgv.join(" ")}`);
const marks = list.split(",").map(Number);
const megabytes = (/** @type {number} */ bytes) => Math.round((bytes / 2 ** 20) * 10) / 10;

function held() {
  const { rss, heapUsed, heapTotal, external } = process.memoryUsage();
  const { pool } = /** @type {{ pool?: { idleBytes: number } }} */ (/** @type {unknown} */ (/** @type {import("@tensorflow/tfjs-core").KernelBackend} */ (backend()).memory()));
  return { rss: megabytes(rss), heap_used: megabytes(heapUsed), heap_total: megabytes(heapTotal), external: megabytes(external), pool: megabytes(pool?.idleBytes ?? 0), tensors: memory().numTensors };
}

const { name: engine, precision, instructions, threads } = await prepareEngine({ engine: "native" });
const workload = createWorkload(workloadName, "tiny");
const states = [];
for (let step = 1; step <= Math.max(...marks); step++) {
  workload.step();
  // As the trainer does: what waits for the event loop gets its turn.
  await setImmediate();
  if (!marks.includes(step)) continue;
  const before = held();
  // Array buffers are let go of beside the program, after the collection that found them unused.
  collect();
  await setImmediate();
  collect();
  states.push({ step, before, collected: held() });
}
process.stdout.write(`${JSON.stringify({ engine, precision, instructions, threads, states })}\n`);
