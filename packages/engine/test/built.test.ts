import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

// Only the built file shows that plain Node gets the gradients: tests run through Vite, which resolves what Node cannot.
const program = `
  import { gather, getBackend, grad, matMul, memory, softmax, sum, square, tensor1d, tensor2d, tidy } from "@tensorflow/tfjs-core";
  import { prepareEngine } from "./dist/index.js";
  const results = {};
  for (const engine of ["wasm", "cpu"]) {
    await prepareEngine({ engine });
    const before = memory().numTensors;
    const loss = (x) => sum(square(gather(softmax(matMul(x, x, false, true)), tensor1d([1, 0, 1], "int32"))));
    const gradient = tidy(() => Array.from(grad(loss)(tensor2d([[0.1, -0.2, 0.3], [0.4, 0.5, -0.6]])).dataSync()));
    results[getBackend()] = { gradient, leaked: memory().numTensors - before };
  }
  process.stdout.write(JSON.stringify(results));
`;

test("the built package gives plain Node gradients on wasm and cpu, and prints nothing (build first)", async () => {
  const { stdout, stderr } = await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", program], {
    cwd: fileURLToPath(new URL("..", import.meta.url)),
  });
  expect(stderr).toBe("");
  const { wasm, cpu } = JSON.parse(stdout) as Record<"wasm" | "cpu", { gradient: number[]; leaked: number }>;
  expect(wasm.leaked + cpu.leaked).toBe(0);
  expect(Math.max(...cpu.gradient.map(Math.abs))).toBeGreaterThan(0.01);
  expect(wasm.gradient).toBeAllClose(cpu.gradient, { absolute: 1e-6 });
});
