import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { disposeMethod } from "@ssl-vit/core";
import { openDataset } from "@ssl-vit/data";
import { prepareEngine } from "@ssl-vit/engine";
import { train } from "@ssl-vit/trainer";
import { caseEvaluation } from "./case-evaluation.js";
import { caseSettings } from "./case-settings.js";
import { domainImages } from "./domain-images.js";

/** Evaluations after the first one, where a case has any. */
const EVALUATIONS = 5;

/**
 * Trains a case into a run's folder, whose logs are kept and whose weights are not. An error of the training ends it: that is how some of them fail.
 *
 * @param {import("./case.js").Case} broken
 * @param {{ out: string, steps?: number, monitor?: import("@ssl-vit/core").RunMonitor, say?: (text: string) => void }} run
 * @returns {Promise<{ steps: number, seconds: number, failure?: string }>}
 */
export async function trainCase(broken, { out, monitor, say = () => undefined, ...length }) {
  const engine = await prepareEngine({ engine: "native" });
  const written = mkdtempSync(join(tmpdir(), "ssl-vit-broken-"));
  const started = performance.now();
  let done = 0;
  const data = await (broken.data?.(written) ?? openDataset(domainImages("photographs").train));
  const { method, ...settings } = caseSettings(broken, { images: data.length, ...length });
  const evaluation = broken.evaluation === undefined ? undefined : await caseEvaluation(broken.evaluation, { method, data, normalize: settings.views.normalize });
  const ended = () => ({ steps: done, seconds: (performance.now() - started) / 1000 });
  try {
    const reports = train({
      ...settings,
      method,
      data,
      out,
      overwrite: true,
      tensorboard: false,
      engine: { name: engine.name, precision: engine.precision, instructions: engine.instructions },
      onMessage: say,
      ...(monitor === undefined ? {} : { monitor }),
      ...(evaluation === undefined ? {} : { evaluate: evaluation.evaluate, bestBy: false, evaluateEvery: Math.max(1, Math.floor(settings.steps / EVALUATIONS)) }),
    });
    for await (const { step } of reports) done = step;
    return ended();
  } catch (error) {
    return { ...ended(), failure: /** @type {Error} */ (error).message };
  } finally {
    disposeMethod(method);
    await evaluation?.close();
    await data.close();
    rmSync(written, { recursive: true, force: true });
    rmSync(join(out, "checkpoints"), { recursive: true, force: true });
  }
}
