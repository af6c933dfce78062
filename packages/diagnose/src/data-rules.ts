import { above, certain, lasting, medianOf, timesAbove, timesBelow } from "./evidence.js";
import { collapses, type Rule } from "./rule.js";
import { percent, shown } from "./settings.js";
import { thresholds } from "./thresholds.js";

const limits = thresholds.data;

const constantImages: Rule = {
  name: "constant-images",
  explains: [...collapses, "duplicated-images", "decoder-predicts-mean", "views-identical", "too-few-images"],
  find(view) {
    const [share, contrast] = [view.first("constantShare"), view.first("imageContrast")];
    const held = certain(0, Math.max(above(share ?? NaN, limits.constant), timesBelow(contrast ?? NaN, limits.contrast)));
    if (held === undefined) return undefined;
    return {
      ...held,
      evidence: { ...(share === undefined ? {} : { constantShare: share }), ...(contrast === undefined ? {} : { imageContrast: contrast }) },
      explanation: `${share === undefined || share < limits.constant.at ? "Within an image pixels hardly differ" : `${percent(share)} of the images that were looked at are of one value`}: there is nothing in them to learn.`,
      advice: "Look at the images (ssl-vit data inspect, ssl-vit visualize views): a wrong bit depth, range or channel makes images black; leave empty ones out.",
    };
  },
};

const duplicatedImages: Rule = {
  name: "duplicated-images",
  explains: [...collapses, "views-unrelated"],
  find(view) {
    const share = view.first("duplicateShare");
    const held = certain(0, above(share ?? NaN, limits.duplicates));
    if (share === undefined || held === undefined) return undefined;
    const sampled = view.first("sampledImages");
    return {
      ...held,
      evidence: { duplicateShare: share, ...(sampled === undefined ? {} : { sampledImages: sampled }) },
      explanation: `${percent(share)} of the images that were looked at have the pixels of another one: copies are pushed apart as if they were different, and the data set is smaller than it looks.`,
      advice: "Remove the copies (files of one checksum, frames of a video that stands still) and start again; an epoch is then as many images as it says.",
    };
  },
};

const brokenImages: Rule = {
  name: "broken-images",
  explains: ["duplicated-images", "too-few-images"],
  find(view) {
    const share = view.first("brokenShare");
    const ended = view.failure !== undefined && /images that cannot be read/.test(view.failure.failure.message) ? view.failure : undefined;
    const held = ended === undefined ? certain(0, timesAbove(share ?? NaN, limits.broken)) : certain(ended.step, thresholds.numbers.certain);
    if (held === undefined) return undefined;
    const sampled = view.first("sampledImages");
    return {
      ...held,
      evidence: {
        ...(share === undefined ? {} : { brokenShare: share }),
        ...(sampled === undefined ? {} : { sampledImages: sampled }),
        ...(ended === undefined ? {} : { failure: ended.failure.message }),
      },
      explanation: `${share === undefined ? "Many" : percent(share)} of the images cannot be read${share === undefined ? "" : " (of those that were looked at)"}. The loader puts the next ones in their place, and ends the run when there are more than 1 %.`,
      advice: "ssl-vit data inspect names the files and why each cannot be read; mend or remove them. A download that was cut short is the usual reason.",
    };
  },
};

const tooFewImages: Rule = {
  name: "too-few-images",
  explains: [],
  find(view) {
    const { data, batchSize, accumulate } = view.run.facts;
    const batch = batchSize * accumulate;
    if (![data.images, batch].every(Number.isFinite) || data.images < 1 || batch < 1) return undefined;
    const needed = Math.min(limits.enough, Math.max(limits.fewest, limits.fewestBatches * batch));
    const epochs = (view.totalSteps * batch) / data.images;
    const held = certain(0, Math.min(timesAbove(needed / data.images, limits.few), timesAbove(epochs, limits.epochs)));
    if (held === undefined) return undefined;
    return {
      ...held,
      evidence: { images: data.images, imagesAStep: batch, epochs },
      explanation: `There are ${shown(data.images)} images, and the run sees each ${shown(epochs)} times: it learns them by heart, and what it says of others is worth little.`,
      advice: `Train on more images, ${shown(needed)} at the least: unlabelled ones of the same kind cost nothing. Until then run for fewer --epochs.`,
    };
  },
};

const starvingLoader: Rule = {
  name: "starving-loader",
  explains: [],
  find(view) {
    const name = view.last("dataWait") === undefined ? "dataWaitShare" : "dataWait";
    // The first batches are always waited for.
    const waits = view.series(name).filter(({ step }, place) => step > 0 && place > 0);
    const held = lasting(waits.map(({ step, value }) => ({ step, excess: above(value, limits.wait) })), limits.waitPatience, view.totalSteps);
    if (held === undefined || view.lastStep < limits.waitSteps) return undefined;
    const share = medianOf(waits.filter(({ step }) => step >= held.step).map(({ value }) => value));
    return {
      ...held,
      evidence: { [name]: share },
      explanation: `${percent(share)} of the time goes by waiting for images: reading, decoding and augmenting them takes ${shown(1 / Math.max(0.01, 1 - share))} times as long as training on them.`,
      advice: `Give --workers ${share > 0.99 ? "as many threads as there are cores" : `${shown(Math.ceil(1 / (1 - share)))} times as many threads`}, up to the cores; convert files to shards (ssl-vit data convert), and store images not much larger than they are used.`,
    };
  },
};

export const dataRules: readonly Rule[] = [brokenImages, constantImages, duplicatedImages, tooFewImages, starvingLoader];
