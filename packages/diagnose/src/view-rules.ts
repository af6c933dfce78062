import { below, certain, type Judged, lasting, type Lasting, timesBelow } from "./evidence.js";
import { collapses, type Rule } from "./rule.js";
import type { RunView } from "./run-view.js";
import { type Advice, changeAsFlags, optionOf, shown } from "./settings.js";
import { thresholds } from "./thresholds.js";

const limits = thresholds.views;

/** Images that have nothing to tell apart are another failure than views that have not. */
const imagesDiffer = (view: RunView): boolean =>
  (view.last("imageContrast") ?? 1) > thresholds.data.contrast.at && (view.last("imageDeviation") ?? 1) > 0 && (view.last("constantShare") ?? 0) < thresholds.data.constant.at;

/** Operations of the views, to name what is missing. */
const operationsOf = (view: RunView): string => {
  const kinds = new Set(view.run.facts.views.groups.flatMap(({ operations }) => operations.map(({ kind }) => kind)));
  return kinds.size === 0 ? "none" : [...kinds].join(", ");
};

/** The setting of crops that share a good part of the image and still differ, as the method calls it. */
function croppingAs(view: RunView): { readonly flags: string; readonly least: number } | undefined {
  const crop = optionOf(view, "cropScale", "globalScale", "randomScale");
  if (!Array.isArray(crop?.value) || typeof crop.value[0] !== "number") return undefined;
  return { flags: changeAsFlags({ option: crop.option, from: crop.value, to: [0.2, 1] }), least: crop.value[0] };
}

function moreAugmentation(view: RunView): Advice {
  const crop = croppingAs(view);
  const crops = crop !== undefined && crop.least > 0.9 ? `, and crop: ${crop.flags}` : "";
  return { advice: `Leave the method's augmentations in: none of them in views.without, and no views of your own that leave them out${crops}; ssl-vit visualize views shows what they make of an image.` };
}

const viewsIdentical: Rule = {
  name: "views-identical",
  explains: [...collapses, "missing-stop-gradient", "learning-rate-too-low"],
  find(view) {
    if (!imagesDiffer(view)) return undefined;
    const pixels = view.series("pixelViewDifference");
    const before = view.series("viewCosine").find(({ step }) => step === 0);
    const held =
      pixels.length > 0
        ? certain(pixels[0]!.step, timesBelow(Math.max(...pixels.map(({ value }) => value)), limits.difference))
        : before === undefined
          ? undefined
          : certain(0, timesBelow(1 - before.value, limits.embeddingDifference));
    if (held === undefined) return undefined;
    const deviation = view.first("imageDeviation");
    return {
      ...held,
      evidence: {
        ...(pixels.length > 0 ? { pixelViewDifference: pixels.at(-1)!.value } : {}),
        ...(before === undefined ? {} : { viewCosine: before.value }),
        ...(deviation === undefined ? {} : { imageDeviation: deviation }),
        operations: operationsOf(view),
      },
      explanation: "Both views of an image are the same pixels: that they agree is no achievement, and the network learns nothing of what an image has in common with a changed one.",
      ...moreAugmentation(view),
    };
  },
};

/** Images of the probe, as it was logged; runs that did not log it had up to 64. */
function probeImages(view: RunView): number {
  const { images } = view.run.facts.data;
  return view.first("probeImages") ?? (Number.isFinite(images) ? Math.min(64, images) : 64);
}

/** Agreement up to which views of so many images may agree by chance. Ranks that are drawn at random have a deviation of √(1/12) = 0.29. */
const chanceBound = (view: RunView): number => 0.5 + (limits.standardErrors * 0.29) / Math.sqrt(probeImages(view));

/** Since when the agreement of views is chance: from the first look on, or never, as even a random network keeps something of the pixels. */
function atChance(view: RunView): Lasting | undefined {
  if (!(probeImages(view) >= limits.fewestImages)) return undefined;
  const limit = { at: chanceBound(view), scale: limits.agreement };
  const judged = view.series("viewAgreement").map(({ step, value }): Judged => ({ step, excess: below(value, limit) }));
  return judged.some(({ excess }) => excess < 0) ? undefined : lasting(judged, limits.patience, view.totalSteps);
}

const viewsUnrelated: Rule = {
  name: "views-unrelated",
  explains: collapses,
  find(view) {
    if (!imagesDiffer(view) || (view.last("duplicateShare") ?? 0) > thresholds.data.duplicates.at) return undefined;
    // Embeddings of one point agree by chance as well, but not before training.
    const first = view.first("embeddingDeviation");
    if (first !== undefined && first < thresholds.collapse.embeddingDeviation.at / 4) return undefined;
    const held = atChance(view);
    if (held === undefined) return undefined;
    const pixels = view.last("pixelViewAgreement");
    const crop = croppingAs(view);
    return {
      ...held,
      evidence: { viewAgreement: view.last("viewAgreement")!, ...(pixels === undefined ? {} : { pixelViewAgreement: pixels }), operations: operationsOf(view) },
      explanation: `An image's other view is no nearer to it than the view of another image (${shown(view.last("viewAgreement")!)}, where chance is 0.5), from the first step on: the pairs are not of one image, or the augmentation leaves nothing of it.`,
      advice:
        pixels !== undefined && pixels > chanceBound(view)
          ? "The pixels of the pairs do belong together: look for what changes the order of the rows between the views and the loss (a shuffle, a gather, a batch that is put together in another order for one view)."
          : `Look at the views (ssl-vit visualize views): row i of every view must come from image i; crops must be large enough to share something${crop === undefined ? "" : ` (${crop.flags})`}.`,
    };
  },
};

export const viewRules: readonly Rule[] = [viewsIdentical, viewsUnrelated];
