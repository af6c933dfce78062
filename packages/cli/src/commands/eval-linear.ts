import type { EngineReport } from "@ssl-vit/engine";
import { linearProbe, linearProbeByGradientDescent } from "@ssl-vit/eval";
import { Command } from "commander";
import type { ClassifierResult } from "../classifier-result.js";
import { say, warn } from "../console-output.js";
import { addFeatureOptions, type FeatureExtractor, type FeatureOptions, openExtractor } from "../feature-options.js";
import { addLabelledDataOptions, addSeedsOption, type LabelledDataOptions } from "../labelled-data-options.js";
import { type LabelledFeatures, labelledFeatures, warnOfOverlap } from "../labelled-features.js";
import { linearOnCrops } from "../linear-on-crops.js";
import { addLinearOptions, type LinearFlags, type LinearSettings, linearSettings } from "../linear-settings.js";
import { fewStepsWarning, recipeDeviations } from "../recipe-deviations.js";
import { refuseUnusableData } from "../refuse-unusable-data.js";
import { addReportOptions, refuseTakenResult, type ReportOptions } from "../report-evaluation.js";
import { reportSeeds } from "../report-seeds.js";
import { seedBySeed } from "../seed-by-seed.js";
import { sometimes } from "../sometimes.js";
import { startEngine } from "../start-engine.js";
import { stoppable } from "../stoppable.js";

interface LinearOptions extends FeatureOptions, LabelledDataOptions, ReportOptions, LinearFlags {
  readonly seeds?: readonly number[];
}

/** `ssl-vit eval linear` */
export function evalLinearCommand(): Command {
  const command = new Command("linear").description("Accuracy of a linear classifier on frozen features: logistic regression to convergence, or a protocol of the field.");
  addLinearOptions(addSeedsOption(addLabelledDataOptions(command)));
  return addReportOptions(addFeatureOptions(command))
    .addHelpText(
      "after",
      `
Examples:
  $ ssl-vit eval linear --checkpoint runs/dino --train photos/train --test photos/test
  $ ssl-vit eval linear --checkpoint runs/dino --train photos/train --test photos/test --recipe dino --seeds 0,1,2
  $ ssl-vit eval linear --checkpoint runs/mae --train photos/train --test photos/test --recipe mae --augment`,
    )
    .action(linear);
}

/** What trains on features that were computed once. */
function onFeatures({ train, test }: LabelledFeatures, settings: LinearSettings | undefined, { weightDecay }: LinearOptions, signal: AbortSignal): (seed: number) => Promise<ClassifierResult> {
  const overlap = warnOfOverlap({ train, test });
  const tell = sometimes(say);
  return async (seed) => {
    if (settings === undefined) return { ...linearProbe({ train, test, seed, ...(weightDecay === undefined ? {} : { weightDecay }) }), ...overlap };
    const { optimizer, epochs, batchSize, batchNorm } = settings;
    const onProgress = (epoch: number, of: number, loss: number): void => { tell(() => `seed ${seed}    epoch ${epoch}/${of} · loss ${loss.toFixed(4)}`); };
    return { ...(await linearProbeByGradientDescent({ train, test, optimizer, epochs, batchSize, batchNorm, seed, signal, onProgress })), ...overlap };
  };
}

/** Says how the recipe's protocol is departed from. */
function tellDeviations(settings: LinearSettings, { cropRatio }: LinearOptions, trainImages: number): void {
  const deviations = recipeDeviations(settings, cropRatio);
  if (deviations.length > 0) say(`recipe    ${settings.recipeName}'s, but: ${deviations.join("; ")}`);
  const warning = fewStepsWarning(settings, trainImages);
  if (warning !== undefined) warn(warning);
}

async function trainAll(options: LinearOptions, settings: LinearSettings | undefined, made: { readonly engine: EngineReport; readonly extractor: FeatureExtractor }): Promise<void> {
  const { engine, extractor } = made;
  // Without a [CLS] token the recipes' layers are not there.
  const layer = options.layer ?? (settings === undefined || extractor.encoder === undefined ? undefined : extractor.encoder.layout.hasClsToken ? settings.layer : "mean");
  const resolved = layer === undefined ? options : { ...options, layer };
  const seeds = options.seeds ?? [options.seed];
  const cached = settings?.augment === true ? undefined : await labelledFeatures(resolved, extractor);
  // Logistic regression hears no signal until a seed is done: of one seed, there would be nothing to keep.
  const hearsNone = settings === undefined && seeds.length === 1;
  const work = async (signal: AbortSignal): Promise<void> => {
    const report = async (train: (seed: number) => Promise<ClassifierResult | undefined>, classes: readonly string[] | undefined): Promise<void> =>
      reportSeeds(options, made, { kind: "linear", found: await seedBySeed(seeds, signal, train), classes });
    if (cached === undefined) await linearOnCrops({ options: resolved, settings: settings!, layer: layer ?? "cls", extractor, engine, signal }, report);
    else await report(onFeatures(cached, settings, options, signal), cached.train.classes);
  };
  await (hearsNone ? work(new AbortController().signal) : stoppable((name) => { say(`${name}: stopping; once more to leave at once`); }, work));
}

async function linear(options: LinearOptions): Promise<void> {
  const settings = linearSettings(options);
  await refuseTakenResult(options);
  const { trainImages } = await refuseUnusableData(options);
  if (settings !== undefined) tellDeviations(settings, options, trainImages);
  const engine = await startEngine(options);
  await trainAll(options, settings, { engine, extractor: await openExtractor(options) });
}
