// hosts: four ranks on two hosts, which are network namespaces with a cable between them, undisturbed and disturbed.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { markdownTable } from "@ssl-vit/sitting/markdown-table.js";
import { sumsOf } from "@ssl-vit/sitting/run-folder.js";
import { installedMpis } from "./find-mpi.js";
import { cases, SAVE_EVERY } from "./host-cases.js";
import { lossesOf, trainedNumbers, trainToTheEnd } from "./host-jobs.js";
import { makeHosts, whyNoHosts } from "./host-namespaces.js";
import { pictures } from "./pictures.js";

/**
 * @typedef {import("@ssl-vit/sitting/results-file.js").Measurement} Measurement
 * @typedef {import("./host-cases.js").Reference} Reference
 * @typedef {import("./host-jobs.js").Job} Job
 */

const IMAGES = 120;
const SIDE = 32;
const STEPS = 40;

/** Draws pictures as CIFAR-10's files hold them: a label, then the planes of colours. @param {string} folder */
async function drawCifar(folder) {
  mkdirSync(folder, { recursive: true });
  const drawn = pictures(IMAGES, SIDE);
  const area = SIDE ** 2;
  const file = new Uint8Array(IMAGES * (1 + 3 * area));
  for (let index = 0; index < IMAGES; index++) {
    const { data } = await drawn.read(index);
    for (let at = 0; at < 3 * area; at++) file[index * (1 + 3 * area) + 1 + (at % 3) * area + Math.floor(at / 3)] = data[at] ?? 0;
  }
  writeFileSync(join(folder, "data_batch_1.bin"), file);
}

/** @param {readonly Measurement[]} measurements */
export function hostsTable(measurements) {
  const rows = measurements.map(({ mpi, name, skipped, expected, received, seconds, launcherSeconds, kept, resumed, then, right }) =>
    skipped === undefined
      ? [mpi, name, expected, received.replaceAll("|", "\\|"), seconds === undefined ? "–" : seconds.toFixed(1), launcherSeconds === undefined ? "–" : (launcherSeconds?.toFixed(1) ?? "more than 60"), kept ?? "–", resumed ?? "–", then, right ? "yes" : "**no**"]
      : [mpi, name, "–", skipped, "–", "–", "–", "–", "–", "–"],
  );
  return markdownTable(["MPI", "what happens", "expected", "received", "seconds until no rank was left", "until the launcher came back", "newest checkpoint then", "resumed from", "in the end", "as expected"], rows);
}

/** @param {readonly Measurement[]} measurements */
export function hostsProblem(measurements) {
  const wrong = measurements.filter(({ right }) => right === false);
  return wrong.length === 0 ? undefined : wrong.map(({ mpi, name, expected, received, then }) => `${mpi}, ${name}: expected ${expected}, received ${received}; in the end ${then}`).join("\n");
}

/**
 * @param {{ mpi?: import("./find-mpi.js").MpiName | undefined }} options `mpi`: one of the two, in place of all that are installed
 * @returns {import("@ssl-vit/sitting/run-sitting.js").Plan}
 */
export function hostsPlan({ mpi: wanted }) {
  const mpis = installedMpis(wanted);
  const folder = mkdtempSync(join(tmpdir(), "ssl-vit-distributed-hosts-"));
  const data = join(folder, "pictures");
  /** @type {import("./host-namespaces.js").Hosts | undefined} */
  let hosts;
  /** @type {Map<string, Reference>} */
  const references = new Map();
  /** A run that nothing disturbs, once. @param {Job} job @param {AbortSignal} signal @returns {Promise<Reference>} */
  async function undisturbed(job, signal) {
    const name = `${job.mpi.name} ${job.nanAt} ${job.method} ${job.oneHost}`;
    const known = references.get(name);
    if (known !== undefined) return known;
    const before = job.hosts.bytesAcross();
    const { said, hung } = await trainToTheEnd(job, signal);
    const after = job.hosts.bytesAcross();
    const across = { fromFirst: after.fromFirst - before.fromFirst, fromSecond: after.fromSecond - before.fromSecond };
    const reference = { sums: sumsOf(job.out), losses: lossesOf(job.out), across, gradients: 4 * trainedNumbers(job.out) * job.steps, said, hung };
    references.set(name, reference);
    return reference;
  }
  return {
    name: "hosts",
    options: { images: IMAGES, steps: STEPS, saveEvery: SAVE_EVERY, mpis: mpis.map(({ version }) => version).join(", ") },
    prepare: async () => {
      const skipped = whyNoHosts();
      await drawCifar(data);
      return mpis.flatMap((mpi) =>
        cases.filter(({ for: one }) => one === undefined || one === mpi.name).map((one) => ({
          key: { mpi: mpi.version, name: one.name },
          measure: async (signal) => {
            if (skipped !== undefined) return { skipped: `skipped: ${skipped}` };
            hosts ??= makeHosts();
            /** @returns {Job} */
            const newJob = () => ({ mpi, hosts: /** @type {import("./host-namespaces.js").Hosts} */ (hosts), data: `${data}#train`, out: join(mkdtempSync(join(folder, "job-")), "run"), steps: STEPS, saveEvery: SAVE_EVERY });
            try {
              const { received, ...result } = await one.run({ newJob, undisturbed: (job) => undisturbed(job, signal), signal });
              // Folders of this sitting are of no interest.
              return { expected: one.expected, received: received.replaceAll(`${folder}/`, ""), ...result };
            } finally {
              hosts.setCable(true);
              hosts.endProcesses();
            }
          },
        })),
      );
    },
    table: hostsTable,
    line: ({ mpi, name, skipped, received, seconds, then, right }) => `${mpi}, ${name}: ${skipped ?? `${received}${seconds === undefined ? "" : ` · ${seconds.toFixed(1)} s`} · ${then}${right ? "" : " · NOT AS EXPECTED"}`}`,
    problem: hostsProblem,
    close: () => {
      hosts?.remove();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
