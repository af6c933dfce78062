import { mkdtempSync, rmSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { threadCount } from "@ssl-vit/engine";
import { installedVersions, pythonEnvironment, requirements } from "@ssl-vit/reference/python-environment.js";
import { runForJson } from "@ssl-vit/sitting/run-for-json.js";
import { say } from "@ssl-vit/sitting/run-until-stopped.js";
import { loadingProblem, loadingTable } from "./loading-table.js";

const here = (/** @type {string} */ name) => fileURLToPath(new URL(name, import.meta.url));

/** Of which folder and in which way. */
const sides = /** @type {const} */ ([
  { form: "timm", way: "load_file" },
  { form: "timm", way: "load_state_dict" },
  { form: "timm", way: "to_empty" },
  { form: "timm", way: "create_model" },
  { form: "timm", way: "openSafetensors" },
  { form: "timm", way: "loadEncoder" },
  { form: "hf", way: "from_pretrained" },
  { form: "hf", way: "loadEncoder" },
]);

/** Ways of load-weights.js; the others are of peer_loading.py. */
const OURS = ["openSafetensors", "loadEncoder"];

/**
 * Loads a ViT-B/16 of 343 MB in every way in turn, each in a process of its own.
 *
 * @param {{ rounds: number }} options
 * @param {string | undefined} venv
 * @returns {import("@ssl-vit/sitting/run-sitting.js").Plan}
 */
export function loadingPlan({ rounds }, venv) {
  const threads = threadCount();
  const folder = mkdtempSync(join(tmpdir(), "ssl-vit-loading-"));
  let python = "";

  /** @param {string} form @param {string} way @param {AbortSignal} signal */
  async function measure(form, way, signal) {
    const path = join(folder, form);
    const [program, ...parameters] = OURS.includes(way) ? [process.execPath, here("load-weights.js"), way, path] : [python, here("peer_loading.py"), way, path, "--threads", String(threads)];
    const environment = { SSL_VIT_THREADS: String(threads), HF_HUB_OFFLINE: "1" };
    return { load_average: loadavg()[0], ...(await runForJson(program, parameters, { benchmark: "interop", environment, signal })) };
  }

  return {
    name: "loading",
    options: { rounds, threads, requirements: requirements() },
    async prepare(signal, notePython) {
      python = pythonEnvironment(venv, say);
      notePython(installedVersions(python));
      await runForJson(process.execPath, [here("write-loading-folders.js"), folder], { benchmark: "interop", signal });
      // Whoever comes first in a round comes last in the next.
      return Array.from({ length: rounds }, (_, index) => sides.map((_side, place) => ({ round: index + 1, ...sides[(place + index) % sides.length] })))
        .flat()
        .map((key) => ({ key, measure: (/** @type {AbortSignal} */ signal) => measure(key.form, key.way, signal) }));
    },
    table: loadingTable,
    problem: loadingProblem,
    line: ({ round, form, way, load_ms: load, sum_ms: sum, mb_peak: peak, load_average: average }) =>
      `round ${round}: ${form} ${way}: ${load.toFixed(0)} ms, with every value added up ${(load + sum).toFixed(0)} ms, at most ${peak.toFixed(0)} MB (load average ${average.toFixed(1)})`,
    close: () => { rmSync(folder, { recursive: true }); },
  };
}
