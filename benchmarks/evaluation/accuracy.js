// accuracy: k-NN and logistic regression beside lightly's and scikit-learn's, on the same features.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { prepareEngine } from "@ssl-vit/engine";
import { installedVersions, pythonEnvironment, requirements } from "@ssl-vit/reference/python-environment.js";
import { begunOrNew } from "@ssl-vit/sitting/begun-or-new.js";
import { runForJson } from "@ssl-vit/sitting/run-for-json.js";
import { runSslVit } from "@ssl-vit/sitting/run-ssl-vit.js";
import { say } from "@ssl-vit/sitting/run-until-stopped.js";
import { tellingRun } from "@ssl-vit/sitting/tell-progress.js";
import { accuracyProblem, accuracyTable } from "./accuracy-table.js";
import { judgeFeatures, readFeatures } from "./judge-features.js";

const here = (/** @type {string} */ name) => fileURLToPath(new URL(name, import.meta.url));

/** What is judged: a ViT before and after a training, and the images themselves. */
export const featureNames = /** @type {const} */ (["random", "trained", "pixels"]);

const settings = { k: [10, 20, 100, 200], temperature: [0.07], weightDecay: [0.1, 0.01, 0.001] };

/**
 * @param {{ train: string, test: string, steps: number, run?: string, features: readonly string[] }} options
 * @param {string | undefined} venv
 * @param {{ out: string, resume?: boolean }} sitting where its training is kept, and whether one that was stopped there goes on
 * @returns {import("@ssl-vit/sitting/run-sitting.js").Plan}
 */
export function accuracyPlan(options, venv, { out, resume = false }) {
  const folder = mkdtempSync(join(tmpdir(), "ssl-vit-accuracy-"));
  const run = options.run ?? join(out, "accuracy-run");
  let python = "";

  /** @param {string} features @param {AbortSignal} signal @param {import("@ssl-vit/sitting/tell-progress.js").Tell} tell */
  async function measure(features, signal, tell) {
    const sslVit = tellingRun(runSslVit, tell);
    if (features === "trained" && options.run === undefined) {
      const parameters = ["pretrain", "--method", "simclr", "--preset", "small", "--data", options.train, "--out", run, "--steps", String(options.steps), "--batch-size", "64"];
      await begunOrNew(parameters, { folder: run, isResumed: resume }, sslVit, signal);
    }
    const [train, test] = [join(folder, `${features}-train.safetensors`), join(folder, `${features}-test.safetensors`)];
    for (const [data, file] of [[options.train, train], [options.test, test]]) {
      // Of 8 × 8 images: scikit-learn takes minutes with thousands of columns that are much alike.
      const view = features === "pixels" ? ["--image-size", "8"] : [];
      await sslVit(["embed", "--checkpoint", features === "trained" ? run : features, ...view, "--data", data, "--out", file], signal);
    }
    const sets = { train: readFeatures(train), test: readFeatures(test) };
    tell("judging here");
    const ours = judgeFeatures(sets, settings);
    const flags = [["--k", ...settings.k], ["--temperature", ...settings.temperature], ["--weight-decay", ...settings.weightDecay]].flat().map(String);
    tell("peer_accuracy.py");
    const theirs = await runForJson(python, [here("peer_accuracy.py"), train, test, ...flags], { benchmark: "accuracy", signal });
    return { ours, theirs, dim: sets.train.dim, train_images: sets.train.count, test_images: sets.test.count };
  }

  return {
    name: "accuracy",
    options: { ...options, ...settings, requirements: requirements() },
    async prepare(_signal, notePython) {
      python = pythonEnvironment(venv, say);
      notePython(installedVersions(python));
      await prepareEngine({});
      return options.features.map((features) => ({ key: { features }, measure: (/** @type {AbortSignal} */ signal, /** @type {import("@ssl-vit/sitting/tell-progress.js").Tell} */ tell) => measure(features, signal, tell) }));
    },
    table: accuracyTable,
    problem: accuracyProblem,
    line: ({ features, dim, train_images: train, test_images: test }) => `${features}: ${train} and ${test} vectors of ${dim}`,
    close: () => { rmSync(folder, { recursive: true }); },
  };
}
