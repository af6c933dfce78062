// Counts: parameters and operations of every method and model, here and in PyTorch.
import { fileURLToPath } from "node:url";
import { installedVersions, pythonEnvironment, requirements } from "@ssl-vit/reference/python-environment.js";
import { runForJson } from "@ssl-vit/sitting/run-for-json.js";
import { runSslVit } from "@ssl-vit/sitting/run-ssl-vit.js";
import { say } from "@ssl-vit/sitting/run-until-stopped.js";
import { countsProblem, countsTable } from "./counts-table.js";

const peer = fileURLToPath(new URL("peer_cost.py", import.meta.url));

/** I-JEPA's steps differ by 6 % from one to the next, in how much of an image is seen and asked for: both sides take the mean of as many. @type {Readonly<Record<string, number>>} */
const DRAWS = { ijepa: 256 };

const IMAGE = ["--image-size", "224", "--patch-size", "16"];

const sideNames = /** @type {const} */ (["ours", "pytorch"]);

/** What a whole sitting has. @param {readonly string[]} methods */
export const countsKeys = (methods) => methods.flatMap((method) => sideNames.map((side) => ({ method, side })));

/**
 * @param {import("./command-line.js").Options} options
 * @param {string | undefined} venv
 * @returns {import("@ssl-vit/sitting/run-sitting.js").Plan}
 */
export function countsPlan({ methods, models, batchSize }, venv) {
  const sizes = [...IMAGE, "--batch-size", String(batchSize)];
  return {
    name: "counts",
    options: { models, batchSize, requirements: requirements() },
    prepare(_signal, notePython) {
      const python = pythonEnvironment(venv, say);
      notePython(installedVersions(python));
      return Promise.resolve(
        methods.flatMap((method) => {
          const draws = String(DRAWS[method] ?? 16);
          const [ours, pytorch] = countsKeys([method]);
          /** @type {import("@ssl-vit/sitting/run-sitting.js").Task[]} */
          const sides = [
            {
              key: ours,
              measure: async (signal) => {
                const { json, seconds } = await runSslVit(["bench", "cost", "--methods", method, "--models", models.join(","), ...sizes, "--draws", draws, "--json"], signal);
                const rows = /** @type {import("@ssl-vit/sitting/run-sitting.js").Measurement[]} */ (json);
                return { seconds, counts: Object.fromEntries(rows.map(({ model, ...row }) => [model, row])) };
              },
            },
            {
              key: pytorch,
              measure: async (signal) => ({ counts: (await runForJson(python, [peer, method, models.join(","), ...sizes], { benchmark: "cost", signal }))[method] }),
            },
          ];
          return sides;
        }),
      );
    },
    table: countsTable,
    problem: countsProblem,
    line: ({ method, side, counts }) => `${method}, ${side}: ${Object.values(counts).map((count) => ((count.flops_step ?? count.step) / 1e9).toFixed(1)).join(", ")} GFLOP/image`,
  };
}
