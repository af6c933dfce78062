import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const onTensorFlow = process.env["SSL_VIT_TEST_ENGINE"] === "tensorflow";
if (!onTensorFlow) process.stderr.write("SKIPPED on tensorflow: it takes a build of @tensorflow/tfjs-node (npx --yes pnpm@10 run test:tensorflow).\n");

/** TensorFlow 2.21 prints this before it looks at its log level; 2.9, which tfjs-node's own install script brings, does not. */
const banner = /^(WARNING: All log messages before absl::InitializeLog.*|I0000 .*oneDNN custom operations are on.*)\n/gm;

/** Runs a program of plain Node on the built package; what it gives to `report`, and what was printed on standard error. */
async function run(program: string, variables: Record<string, string> = {}): Promise<{ reported: unknown; printed: string }> {
  const preamble = 'import { prepareEngine, inspectEngines } from "./dist/index.js"; const report = (data) => process.stdout.write(JSON.stringify(data));\n';
  const { stdout, stderr } = await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", preamble + program], {
    cwd: fileURLToPath(new URL("..", import.meta.url)),
    env: { ...process.env, ...variables },
  });
  return { reported: JSON.parse(stdout), printed: stderr.replace(banner, "") };
}

test.skipIf(!onTensorFlow)("gives plain Node gradients, leaves nothing behind and prints nothing, even beside the other engines (build first)", async () => {
  const { reported, printed } = await run(`
    import { gather, getBackend, grad, matMul, memory, softmax, square, sum, tensor1d, tensor2d, tidy } from "@tensorflow/tfjs-core";
    const results = {};
    for (const engine of ["cpu", "tensorflow"]) {
      const { name } = await prepareEngine({ engine });
      const before = memory().numTensors;
      const loss = (x) => sum(square(gather(softmax(matMul(x, x, false, true)), tensor1d([1, 0, 1], "int32"))));
      const gradient = tidy(() => Array.from(grad(loss)(tensor2d([[0.1, -0.2, 0.3], [0.4, 0.5, -0.6]])).dataSync()));
      results[name] = { backend: getBackend(), gradient, leaked: memory().numTensors - before };
    }
    report(results);`);
  expect(printed).toBe("");
  const { cpu, tensorflow } = reported as Record<"cpu" | "tensorflow", { backend: string; gradient: number[]; leaked: number }>;
  expect(tensorflow).toMatchObject({ backend: "tensorflow", leaked: 0 });
  expect(tensorflow.gradient).toBeAllClose(cpu.gradient, { absolute: 1e-6 });
});

test.skipIf(!onTensorFlow)("is loaded only when it is asked for (build first)", async () => {
  const { reported } = await run(`
    import { createRequire } from "node:module";
    const isLoaded = () => Object.keys(createRequire(import.meta.url).cache).some((path) => path.includes("tfjs-node"));
    const found = (await inspectEngines()).engines.find(({ name }) => name === "tensorflow").available;
    await prepareEngine();
    const before = isLoaded();
    await prepareEngine({ engine: "tensorflow" });
    report({ found, before, after: isLoaded() });`);
  expect(reported).toEqual({ found: true, before: false, after: true });
});

test.skipIf(!onTensorFlow)("computes on as many threads as SSL_VIT_THREADS says (build first)", async () => {
  const program = `
    import { readdirSync } from "node:fs";
    const { threads } = await prepareEngine({ engine: "tensorflow" });
    report({ threads, all: readdirSync("/proc/self/task").length });`;
  const [one, four] = await Promise.all(["1", "4"].map((threads) => run(program, { SSL_VIT_THREADS: threads })));
  // Beside those that compute the process has threads of Node and of TensorFlow: as many in both runs.
  const { all } = one!.reported as { all: number };
  expect(one!.reported).toMatchObject({ threads: 1 });
  expect(four!.reported).toEqual({ threads: 4, all: all + 3 });
});

test.skipIf(!onTensorFlow)("refuses the GPU engine where there is no GPU, with what it needs (build first)", async () => {
  const refused = run('await prepareEngine({ engine: "tensorflow-gpu" });');
  await expect(refused).rejects.toThrow("expected tensorflow-gpu to start, received TensorFlow finds no GPU; it needs an NVIDIA driver, CUDA 11.2 and cuDNN 8.1.");
});
