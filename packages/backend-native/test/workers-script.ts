// The addon in several threads of one process: loaded by a worker first and left by it, then used by two workers and the main thread at once, one of them
// terminated in the middle, and the process ends while another still computes. Prints each thread's digest of the same products.
import { createHash } from "node:crypto";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import type { Binding } from "../src/binding.js";
import { noise } from "./noise.js";

// Loaded late, so that the first worker is the first to load it.
const load = async (): Promise<Binding> => (await import("../src/binding.js")).binding;

const [rows, depth, columns] = [301, 257, 199];
const [a, b, c] = [noise(rows * depth, 1), noise(depth * columns, 2), new Float32Array(rows * columns)];
const multiply = (binding: Binding): void => {
  binding.multiply(a, b, undefined, Int32Array.of(0, 0), rows, columns, depth, 0, 0, c);
};

function digest(binding: Binding): string {
  const hash = createHash("sha256");
  for (let round = 0; round < 50; round++) {
    multiply(binding);
    hash.update(c);
    // A panic on the way: the others must not notice.
    try {
      binding.gather(a, Int32Array.of(rows), 1, 1, rows, 1, depth, new Float32Array(depth));
      hash.update("no error");
    } catch {
      hash.update("error");
    }
  }
  return hash.digest("hex");
}

if (isMainThread) {
  const start = (endless: boolean): Worker => new Worker(fileURLToPath(import.meta.url), { workerData: { endless } });
  const answer = async (worker: Worker): Promise<string> => String((await once(worker, "message"))[0]);
  const first = start(false);
  const digests = [await answer(first)];
  await once(first, "exit");
  const both = [start(true), start(true)] as const;
  const answers = Promise.all(both.map(answer));
  digests.push(digest(await load()), ...(await answers));
  const terminated = await both[0].terminate();
  process.stdout.write(JSON.stringify({ digests, terminated }), () => process.exit(0));
} else {
  const binding = await load();
  parentPort?.postMessage(digest(binding));
  while ((workerData as { endless: boolean }).endless) multiply(binding);
}
