// --gemm: matrix products at the ViT's shapes, ours and PyTorch's (MKL, oneDNN), in turn.
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { threadCount } from "@ssl-vit/engine";
import { installedVersions, pythonEnvironment, requirements } from "@ssl-vit/reference/python-environment.js";
import { markdownTable } from "@ssl-vit/sitting/markdown-table.js";
import { version_core as tfjs } from "@tensorflow/tfjs-core";
import { measure } from "./measure.js";

/**
 * @typedef {import("@ssl-vit/sitting/run-sitting.js").Task} Task
 * @typedef {import("@ssl-vit/sitting/run-sitting.js").Measurement} Measurement
 * @typedef {{ m: number, n: number, k: number, case: string, gflops: number }} Product
 * @typedef {Omit<Product, "gflops"> & { precision: string, computed: string, native?: number, pytorch?: number }} Row
 */

const peerScript = fileURLToPath(new URL("peer_gemm.py", import.meta.url));
const native = fileURLToPath(new URL("../../packages/backend-native/native", import.meta.url));
const example = (/** @type {string[]} */ ...parameters) => ["run", "--quiet", "--release", "--package", "kernels", "--example", "gemm_speed", "--", ...parameters];

/** What products were computed in: where a processor's bfloat16 instructions are missing or slower, ours are float32. @param {Measurement} measurement */
const computedIn = ({ precision, engine = "" }) => (precision === "bfloat16" && /^native (?!.*bf16)/.test(engine) ? "float32" : precision);

/** What was asked for, and what ours were computed in where that is something else. @param {{ asked: string, computed: string }} precision */
export const precisionWords = ({ asked, computed }) => (asked === computed ? asked : `${asked} (ours ${computed})`);

/** Each product with the highest rate of either side. @param {readonly Measurement[]} measurements @returns {Row[]} */
export function productsOf(measurements) {
  /** @type {Map<string, Row>} */
  const rows = new Map();
  for (const measurement of measurements) {
    const { side, precision, products } = /** @type {{ side: "native" | "pytorch", precision: string, products: Product[] }} */ (measurement);
    for (const { gflops, ...product } of products) {
      const shape = { ...product, precision };
      const name = JSON.stringify([shape.precision, shape.m, shape.n, shape.k, shape.case]);
      /** @type {Row} */
      const row = rows.get(name) ?? { ...shape, computed: precision };
      // The least time is the highest rate.
      rows.set(name, { ...row, [side]: Math.max(gflops, row[side] ?? 0), ...(side === "native" ? { computed: computedIn(measurement) } : {}) });
    }
  }
  return [...rows.values()];
}

/** @param {readonly Measurement[]} measurements */
export function gemmTable(measurements) {
  const cells = productsOf(measurements).map(({ m, n, k, case: name, precision, computed, native: ours, pytorch: theirs }) => {
    const rate = (/** @type {number | undefined} */ gflops) => gflops?.toFixed(0) ?? "–";
    const asked = precisionWords({ asked: precision, computed });
    return [`${m} × ${n} × ${k}`, name, asked, rate(ours), rate(theirs), ours === undefined || theirs === undefined ? "–" : (ours / theirs).toFixed(2)];
  });
  return markdownTable(["m × n × k", "product", "precision", "ours GFLOP/s", "PyTorch GFLOP/s", "ratio"], cells);
}

/** What a sitting measures, in its order. @param {{ precisions: string[], rounds: number }} options */
export const gemmKeys = ({ precisions, rounds }) =>
  Array.from({ length: rounds }, (_, index) => index + 1).flatMap((round) => precisions.flatMap((precision) => ["native", "pytorch"].map((side) => ({ round, side, precision }))));

/**
 * @param {{ precisions: string[], rounds: number, venv?: string }} options
 * @param {(text: string) => void} say
 * @returns {import("@ssl-vit/sitting/run-sitting.js").Plan}
 */
export function gemmPlan({ precisions, rounds, venv }, say) {
  const threads = threadCount();

  /** @type {import("@ssl-vit/sitting/run-sitting.js").Plan["prepare"]} */
  function prepare(_signal, notePython) {
    const python = pythonEnvironment(venv, say);
    notePython(installedVersions(python));
    say("Compiling the matrix product …");
    const shapes = execFileSync("cargo", example("--list"), { cwd: native, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] }).trim();
    /** @type {Record<string, (precision: string) => Task["measure"]>} */
    const sides = {
      native: (precision) => (signal) => measure("cargo", example("--json", "--precision", precision), { cwd: native, environment: { SSL_VIT_THREADS: String(threads) }, signal }),
      pytorch: (precision) => (signal) => measure(python, [peerScript, shapes, "--precision", precision, "--threads", String(threads)], { signal }),
    };
    return Promise.resolve(gemmKeys({ precisions, rounds }).map((key) => ({ key, measure: /** @type {(precision: string) => Task["measure"]} */ (sides[key.side])(key.precision) })));
  }

  return {
    name: "gemm",
    options: { precisions, rounds, threads, tfjs, requirements: requirements() },
    prepare,
    table: gemmTable,
    line: ({ round, side, precision, products }) => {
      const rates = /** @type {Product[]} */ (products).map(({ gflops }) => gflops);
      return `round ${round}: ${precision} ${side}: ${Math.min(...rates).toFixed(0)} to ${Math.max(...rates).toFixed(0)} GFLOP/s`;
    },
  };
}
