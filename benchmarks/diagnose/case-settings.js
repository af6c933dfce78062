import { budgetOf } from "@ssl-vit/quality/budget.js";
import { vit } from "@ssl-vit/vit";
import { STEPS } from "./case.js";
import { methods } from "./methods.js";

/** @typedef {import("./case.js").Case} Case */

/** The part of a preset's options that is counted in epochs, for a run of another length. @param {readonly string[]} assignments @param {string} section */
const sectionOf = (assignments, section) => Object.fromEntries(assignments.filter((text) => text.startsWith(`${section}.`)).map((text) => {
  const [name, value] = text.slice(section.length + 1).split("=");
  return [name, Number(value)];
}));

/**
 * What a case trains: its preset `small`, whose epochs of warm-up keep their share of the shorter run (as in benchmarks/quality), and over it what the case breaks.
 *
 * @param {Case} broken
 * @param {{ images: number, steps?: number, seed?: number }} run
 */
export function caseSettings({ method: name, factory = methods[name], ...broken }, { images, steps = broken.steps ?? STEPS, seed = 0 }) {
  const preset = factory?.presets["small"];
  if (factory === undefined || preset === undefined) throw new Error(`[diagnose] ${name}: expected a method with a preset "small".`);
  const batchSize = broken.batchSize ?? preset.batchSize;
  const { assignments } = budgetOf({ name, preset: { ...preset, batchSize }, defaults: factory.defaults }, { imagesSeen: steps * batchSize, dataset: images });
  const encoders = vit({ ...preset.model, imageSize: preset.imageSize, ...broken.model, seed });
  const built = factory(encoders, { ...preset.method, ...sectionOf(assignments, "method"), ...broken.options, seed });
  const method = broken.mistake?.(built) ?? built;
  return {
    method,
    views: broken.views?.(method.views) ?? method.views,
    optimizer: { ...preset.optimizer, ...sectionOf(assignments, "optimizer"), ...broken.optimizer },
    batchSize,
    steps,
    seed,
    workers: broken.workers ?? 1,
  };
}
