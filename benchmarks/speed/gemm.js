// --gemm: matrix products at the ViT's shapes, ours and PyTorch's (MKL, oneDNN), in turn.
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { threadCount } from "@ssl-vit/engine";
import { pythonEnvironment, requirements } from "@ssl-vit/reference/python-environment.js";
import { markdownTable } from "@ssl-vit/sitting/markdown-table.js";
import { measure } from "./measure.js";

/**
 * @typedef {import("@ssl-vit/sitting/run-sitting.js").Task} Task
 * @typedef {import("@ssl-vit/sitting/run-sitting.js").Measurement} Measurement
 * @typedef {{ m: number, n: number, k: number, case: string, gflops: number }} Product
 * @typedef {Omit<Product, "gflops"> & { precision: string, native?: number, pytorch?: number }} Row
 */

const peerScript = fileURLToPath(new URL("peer_gemm.py", import.meta.url));
const native = fileURLToPath(new URL("../../packages/backend-native/native", import.meta.url));
const example = (/** @type {string[]} */ ...parameters) => ["run", "--quiet", "--release", "--package", "kernels", "--example", "gemm_speed", "--", ...parameters];

/** @param {readonly Measurement[]} measurements */
export function gemmTable(measurements) {
  /** @type {Map<string, Row>} */
  const rows = new Map();
  for (const { side, precision, products } of /** @type {{ side: "native" | "pytorch", precision: string, products: Product[] }[]} */ (measurements)) {
    for (const { gflops, ...product } of products) {
      const shape = { ...product, precision };
      const name = JSON.stringify([shape.precision, shape.m, shape.n, shape.k, shape.case]);
      /** @type {Row} */
      const row = rows.get(name) ?? shape;
      // The least time is the highest rate.
      rows.set(name, { ...row, [side]: Math.max(gflops, row[side] ?? 0) });
    }
  }
  const cells = [...rows.values()].map(({ m, n, k, case: name, precision, native: ours, pytorch: theirs }) => {
    const rate = (/** @type {number | undefined} */ gflops) => gflops?.toFixed(0) ?? "–";
    return [`${m} × ${n} × ${k}`, name, precision, rate(ours), rate(theirs), ours === undefined || theirs === undefined ? "–" : (ours / theirs).toFixed(2)];
  });
  return markdownTable(["m × n × k", "product", "precision", "ours GFLOP/s", "PyTorch GFLOP/s", "ratio"], cells);
}

/**
 * @param {{ precisions: string[], rounds: number, venv?: string }} options
 * @param {(text: string) => void} say
 * @returns {import("@ssl-vit/sitting/run-sitting.js").Plan}
 */
export function gemmPlan({ precisions, rounds, venv }, say) {
  const threads = threadCount();

  function prepare() {
    const python = pythonEnvironment(venv, say);
    say("Compiling the matrix product …");
    const shapes = execFileSync("cargo", example("--list"), { cwd: native, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] }).trim();
    /** @type {Task[]} */
    const tasks = [];
    for (let round = 1; round <= rounds; round++) {
      for (const precision of precisions) {
        tasks.push(
          {
            key: { round, side: "native", precision },
            measure: (signal) => measure("cargo", example("--json", "--precision", precision), { cwd: native, environment: { SSL_VIT_THREADS: String(threads) }, signal }),
          },
          {
            key: { round, side: "pytorch", precision },
            measure: (signal) => measure(python, [peerScript, shapes, "--precision", precision, "--threads", String(threads)], { signal }),
          },
        );
      }
    }
    return Promise.resolve(tasks);
  }

  return {
    name: "gemm",
    options: { precisions, rounds, threads, requirements: requirements() },
    prepare,
    table: gemmTable,
    line: ({ round, side, precision, products }) => {
      const rates = /** @type {Product[]} */ (products).map(({ gflops }) => gflops);
      return `round ${round}: ${precision} ${side}: ${Math.min(...rates).toFixed(0)} to ${Math.max(...rates).toFixed(0)} GFLOP/s`;
    },
  };
}
