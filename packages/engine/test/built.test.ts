import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

// Only the built file shows that plain Node gets the gradients: tests run through Vite, which resolves what Node cannot.
const isNativeBuilt = existsSync(new URL("../../backend-native/addon/backend-native.node", import.meta.url));
if (!isNativeBuilt) process.stderr.write("SKIPPED on native: the addon of @ssl-vit/backend-native is not built (no cargo?).\n");
const engines = isNativeBuilt ? ["wasm", "cpu", "native"] : ["wasm", "cpu"];

const program = `
  import { gather, getBackend, grad, matMul, memory, softmax, sum, square, tensor1d, tensor2d, tidy } from "@tensorflow/tfjs-core";
  import { prepareEngine } from "./dist/index.js";
  const results = {};
  for (const engine of ${JSON.stringify(engines)}) {
    await prepareEngine({ engine });
    const before = memory().numTensors;
    const loss = (x) => sum(square(gather(softmax(matMul(x, x, false, true)), tensor1d([1, 0, 1], "int32"))));
    const gradient = tidy(() => Array.from(grad(loss)(tensor2d([[0.1, -0.2, 0.3], [0.4, 0.5, -0.6]])).dataSync()));
    results[getBackend()] = { gradient, leaked: memory().numTensors - before };
  }
  const { name, rejected } = await prepareEngine();
  process.stdout.write(JSON.stringify({ results, auto: name, rejected: rejected.map((other) => other.name) }));
`;

interface Printed {
  readonly results: Readonly<Record<string, { readonly gradient: number[]; readonly leaked: number }>>;
  readonly auto: string;
  readonly rejected: readonly string[];
}

test("the built package gives plain Node gradients on every engine, takes the best that is built, and prints nothing (build first)", async () => {
  const { stdout, stderr } = await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", program], {
    cwd: fileURLToPath(new URL("..", import.meta.url)),
  });
  expect(stderr).toBe("");
  const { results, auto, rejected } = JSON.parse(stdout) as Printed;
  expect(Object.keys(results)).toEqual(engines);
  const expected = results["cpu"]!.gradient;
  expect(Math.max(...expected.map(Math.abs))).toBeGreaterThan(0.01);
  for (const { gradient, leaked } of Object.values(results)) {
    expect(leaked).toBe(0);
    expect(gradient).toBeAllClose(expected, { absolute: 1e-6 });
  }
  expect({ auto, rejectsNative: rejected.includes("native") }).toEqual({ auto: isNativeBuilt ? "native" : "wasm", rejectsNative: !isNativeBuilt });
});
