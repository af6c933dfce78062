// model: how far training scales over hosts, computed from what a step and a sum take here.
import { fileURLToPath } from "node:url";
import { median } from "@ssl-vit/bench";
import { installedMethods } from "@ssl-vit/quality/installed-methods.js";
import { markdownTable } from "@ssl-vit/sitting/markdown-table.js";
import { runForJson } from "@ssl-vit/sitting/run-for-json.js";
import { runSslVit } from "@ssl-vit/sitting/run-ssl-vit.js";
import { installedMpis } from "./find-mpi.js";
import { runOnRanks } from "./run-on-ranks.js";
import { allReduceSeconds, lastThatPays, lineThrough, stepSeconds } from "./scaling-model.js";

/** @typedef {import("@ssl-vit/sitting/results-file.js").Measurement} Measurement */

const stepsScript = fileURLToPath(new URL("scaling-steps.js", import.meta.url));
const sumsScript = fileURLToPath(new URL("bandwidth-rounds.js", import.meta.url));

/** By their nominal speed, and what a message takes on them as a rule. @type {import("./scaling-model.js").Link[]} */
const networks = [
  { name: "1 Gb/s", bytesASecond: 1.25e8, latency: 50e-6 },
  { name: "10 Gb/s", bytesASecond: 1.25e9, latency: 30e-6 },
  { name: "100 Gb/s", bytesASecond: 1.25e10, latency: 3e-6 },
];
const LARGE = 1e8;
const SMALL = 4096;
/** Images of the smaller batch that is timed. */
const FEW = 16;
const MOST = 1024;
const hostCounts = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024];

/** Of several rounds. @param {readonly Measurement[]} measurements */
function inputsOf(measurements) {
  const seconds = (/** @type {number} */ bytes) => median(measurements.filter(({ what }) => what === "sums").map(({ sizes }) => sizes.find((/** @type {{ bytes: number }} */ size) => size.bytes === bytes).ours));
  if (measurements.every(({ what }) => what !== "sums")) return { memory: undefined, hosts: [] };
  const [latency, large] = [seconds(SMALL) / 2, seconds(LARGE)];
  const memory = { name: "this host's memory", latency, bytesASecond: LARGE / (large - 2 * latency) };
  const methods = [...new Set(measurements.filter(({ what }) => what === "step").map(({ method }) => String(method)))];
  const hosts = methods.flatMap((method) => {
    const turns = measurements.filter((one) => one.method === method);
    const [small, large] = [...new Set(turns.map(({ images }) => Number(images)))].sort((a, b) => a - b).map((images) => ({ images, seconds: median(turns.filter((one) => one.images === images).map(({ ms }) => ms)) / 1000 }));
    // A sitting that has just begun.
    if (small === undefined || large === undefined) return [];
    return { method, host: { ...lineThrough([small, large]), gradientBytes: Number(turns[0]?.gradientBytes) } };
  });
  return { memory, hosts };
}

/** @param {readonly Measurement[]} measurements @param {{ batch: number, perHost: number }} sizes */
export function modelTable(measurements, { batch, perHost }) {
  const { memory, hosts } = inputsOf(measurements);
  const links = memory === undefined ? networks : [memory, ...networks];
  const percent = (/** @type {number} */ share) => `${(share * 100).toFixed(0)} %`;
  const inputs = markdownTable(
    ["method", "ms an image", "ms a step beside its images", "gradients, MB", ...links.map(({ name }) => `sum over 2 hosts, ${name}, ms`), ...links.map(({ name }) => `twice as many hosts pay up to, ${name}`)],
    hosts.map(({ method, host }) => [
      method, (host.secondsAnImage * 1000).toFixed(2), (host.secondsFixed * 1000).toFixed(0), (host.gradientBytes / 1e6).toFixed(1),
      ...links.map((link) => (allReduceSeconds(2, host.gradientBytes, link) * 1000).toFixed(1)),
      ...links.map((link) => lastThatPays(batch, host, link, MOST)),
    ]),
  );
  const tables = hosts.map(({ method, host }) => {
    const rows = hostCounts.map((count) => [
      count,
      ...networks.map((link) => {
        const faster = stepSeconds(1, batch, host, link) / stepSeconds(count, batch, host, link);
        return count > batch ? "–" : `${faster.toFixed(1)} times as fast, ${percent(faster / count)}`;
      }),
      ...networks.map((link) => percent(stepSeconds(1, perHost, host, link) / stepSeconds(count, perHost * count, host, link))),
    ]);
    return `${method}\n\n${markdownTable(["hosts", ...networks.map(({ name }) => `${batch} images a step, ${name}`), ...networks.map(({ name }) => `${perHost} images a host, ${name}: efficiency`)], rows)}`;
  });
  return [inputs, ...tables].join("\n");
}

/**
 * @param {{ mpi: import("./find-mpi.js").MpiName | undefined, methods: string[], batch: number, perHost: number, rounds: number, steps: number }} options
 * @param {(text: string) => void} say
 * @returns {import("@ssl-vit/sitting/run-sitting.js").Plan}
 */
export function modelPlan({ mpi, methods, batch, perHost, rounds, steps }, say) {
  const [installed] = installedMpis(mpi);
  return {
    name: `model-${installed.name}`,
    options: { mpi: installed.version, batch, perHost, rounds, steps },
    prepare: async (signal) => {
      const found = await installedMethods(methods, runSslVit, signal, say);
      const tasks = [];
      for (let round = 1; round <= rounds; round++) {
        tasks.push({
          key: { what: "sums", round },
          measure: (/** @type {AbortSignal} */ signal) => runOnRanks(installed, 2, [process.execPath, sumsScript, `${SMALL}`, "300", `${LARGE}`, "5"], { signal }),
        });
        for (const { name, packageName } of found) {
          for (const images of [FEW, perHost]) {
            tasks.push({
              key: { what: "step", round, method: name, images },
              measure: (/** @type {AbortSignal} */ signal) => runForJson(process.execPath, [stepsScript, JSON.stringify({ packageName, batchSize: images, steps, ranks: false })], { benchmark: "distributed", signal }),
            });
          }
        }
      }
      return tasks;
    },
    table: (measurements) => modelTable(measurements, { batch, perHost }),
    line: ({ what, round, method, images, ms, sizes }) =>
      what === "sums" ? `round ${round}: ${(LARGE / sizes.at(-1).ours / 1e9).toFixed(2)} GB/s` : `round ${round}: ${method}, ${images} images: ${ms.toFixed(0)} ms a step`,
  };
}
