import type { FactorLimit, Limit, Patience } from "./evidence.js";

/**
 * Every number that a rule compares with, and what it separates. Confidence is 1/2 at `at`, and 3/4 one `scale` or `factor` beyond it.
 * They follow from arithmetic or from papers where a comment says so; the others were chosen by the half of the runs of `benchmarks/diagnose` that is not held out.
 */
export const thresholds = {
  /** Evidence that a network not yet trained may give for a while: it has to last for so many looks and such a share of the run. */
  patience: { looks: 3, share: 0.1 } satisfies Patience,
  /** Evidence that training has from its first steps only when something is wrong. */
  shortPatience: { looks: 2 } satisfies Patience,
  /** A number that gets so many times as large while it is looked at is on its way out of a collapse. */
  growth: 1.3,

  collapse: {
    /** Deviation of embeddings: 0 in a point, 1 when they are spread evenly over the sphere. */
    embeddingDeviation: { at: 0.06, factor: 2 } satisfies FactorLimit,
    /** The same of the encoder's feature where a method has no embeddings: masked autoencoders keep theirs close together and are well. */
    featureDeviation: { at: 0.02, factor: 2 } satisfies FactorLimit,
    /** Deviation of embeddings ÷ that of the first look, of methods whose loss alone keeps them apart: what gets smaller as the loss gets better is on its way to 0. */
    shrinking: { at: 0.75, factor: 1.5 } satisfies FactorLimit,
    /** RankMe as a share of that of the first look, of the same methods without targets. */
    rankLeft: { at: 0.33, factor: 1.4 } satisfies FactorLimit,
    /** RankMe as a share of what rows and dimensions allow: 1 when all directions are used alike. */
    rankShare: { at: 0.045, factor: 1.5 } satisfies FactorLimit,
    /** RankMe below which embeddings are few lines whatever the dimension. */
    leastRank: 2,
    /** Loss above its least so far, as a share of its fall: a run that optimises its way into a collapse is at its best. */
    fromBestLoss: { at: 0.05, scale: 0.03 } satisfies Limit,
    /** Share of the run within which a collapse beside a teacher that moves must have begun, to be put down to the gradient. */
    earlyShare: 1 / 3,
    /** No signal shows the gradient into a target: more than so much is never said of it, and less beside a teacher that moves. */
    mostSure: 0.8,
    mostSureWithTeacher: 0.6,
  },

  uniform: {
    /** |loss - ln K| ÷ ln K: 0 when the output says nothing. */
    lossGap: { at: 0.015, factor: 2 } satisfies FactorLimit,
    /** 1 - entropy ÷ ln K, of prototypes: 0 when all are equally likely. */
    missingEntropy: { at: 0.015, factor: 2 } satisfies FactorLimit,
    /** Deviation of the scores over images ÷ temperature: probabilities of different images differ by about this share. */
    relativeSpread: { at: 0.25, factor: 2 } satisfies FactorLimit,
    /** Deviation of the scores over images from which they do differ, and only the temperature hides it. */
    spread: { at: 0.02, factor: 2 } satisfies FactorLimit,
  },

  prototypes: {
    /** Prototypes in use, as the exponential of an entropy: 1 when one takes all. Of fewer than 128 a sixteenth, but not below `leastUsage`. */
    usage: { at: 8, factor: 3 } satisfies FactorLimit,
    usedShare: 1 / 16,
    leastUsage: 1.6,
    /** Prototypes in use ÷ those of the first look, of a network whose choices narrow, */
    left: { at: 0.4, factor: 2 } satisfies FactorLimit,
    /** and what choices tell of images (entropy of the mean - mean entropy) ÷ that of the first look: it grows where sharper answers are better ones. */
    toldLeft: { at: 0.9, scale: 0.3 } satisfies Limit,
    /** Prototypes below which nothing can be said. */
    fewest: 4,
  },

  temperature: {
    /** Share of ln K that right answers of a reach of 1 can take off the loss, among images: with K = 127, 0.40 for a temperature of 0.5, 0.20 for 1, 0.02 for 10. */
    gainOfImages: { at: 0.12, scale: 0.05 } satisfies Limit,
    /** The same among prototypes: with K = 1024, 0.99 for a temperature of 0.1. */
    gainOfPrototypes: { at: 0.5, scale: 0.25 } satisfies Limit,
    /** Teacher's ÷ student's: at most 0.7 in published recipes; a target must be sharper than the answer. */
    teacherToStudent: { at: 0.9, scale: 0.1 } satisfies Limit,
    /** Temperature × ln K, the difference of two scores that decides alone: 0.28 for DINO's 0.04 among 1024, 0.34 for CMAE's 0.07 among 128. */
    decisive: { at: 0.07, factor: 1.5 } satisfies FactorLimit,
    /** Entropy ÷ ln K below which answers are all but certain. */
    entropy: { at: 0.35, scale: 0.15 } satisfies Limit,
    /** Alternatives from which on evidence counts in full; among fewer it counts by the logarithm of their number. */
    sureAlternatives: 64,
    /** Share of the run after which a temperature that was too low stays named, though the scores have run together since. */
    stretch: 0.15,
  },

  teacher: {
    /** Momentum as it was measured: recipes for short runs go down to 0.95. */
    leastMomentum: { at: 0.85, scale: 0.1 } satisfies Limit,
    /** (1 - momentum) × steps of the run, how often the teacher is renewed: 0 when it stands still. */
    renewals: { at: 0.15, factor: 2 } satisfies FactorLimit,
    /** Share of the run at whose end momentum may be 1: cosines end there. */
    lastShare: 0.1,
    /** Share of the run before which nothing is said of a teacher that stands still, or is the student. */
    firstShare: 0.03,
    /** Share of the run for which a low momentum is no start of a schedule any more, though it may rise later. */
    lowShare: 0.2,
  },

  rate: {
    /** Norm of an update ÷ norm of the weights, after the warm-up and near the highest rate: a few such steps replace the weights. */
    largestUpdate: { at: 0.07, factor: 2 } satisfies FactorLimit,
    /** First loss ÷ that of knowing nothing: near 1 at random weights, unless scores are out of scale. */
    outOfScale: 2,
    /** What a step is to change: the advice brings the update there. */
    rightUpdate: 0.005,
    /** Loss above where it began, ÷ its size there. */
    lossRise: { at: 0.5, factor: 2 } satisfies FactorLimit,
    /** Loss below where it began, ÷ its size there: a run that got there is over its spikes, once it has had none for a fifth of its length. */
    recovery: 0.05,
    /** Looks with such a spike that make a habit of it. */
    spikes: 2,
    /** Largest gradient norm before the end ÷ the middle one: what grows by it was on its way to infinity. */
    gradientGrowth: { at: 10, factor: 5 } satisfies FactorLimit,
    /** Update ratio × steps, how far weights can get at the most, beside their size. */
    reach: { at: 0.015, factor: 3 } satisfies FactorLimit,
    /** Share of the highest rate so far from which a step is judged: schedules end at 0. */
    nearPeak: 0.5,
    /** Steps of the warm-up ÷ steps of the run: from 1 on the rate that was asked for is never reached. */
    warmup: { at: 1, factor: 2 } satisfies FactorLimit,
    /** Steps of a run below which it is a trial: a few steps, to see that it runs, with the recipe of a long one. */
    trialSteps: 20,
    /** The share of the run that the advice gives to a warm-up. */
    rightWarmup: 0.1,
  },

  patchEmbedding: {
    /** Its gradient norm ÷ the blocks' middle one: expected to be of the order of 1. */
    gradient: { at: 10, factor: 3 } satisfies FactorLimit,
    /** Its update ratio ÷ the blocks' middle one. */
    update: { at: 10, factor: 3 } satisfies FactorLimit,
    /** Deviation of normalised pixels, which is near 1: from there on they are to blame. */
    pixels: 4,
  },

  numbers: {
    /** Last gradient norm ÷ the middle one, below which gradients were as ever when a number was lost. */
    ordinaryGrowth: { at: 10, factor: 2 } satisfies FactorLimit,
    /** Evidence of a precision alone, in scales beyond a limit. */
    unknownGrowth: 0.5,
    /** Evidence of what the trainer saw itself. */
    certain: 5,
  },

  views: {
    /** Mean difference of two views' pixels ÷ deviation of all pixels: 0 without augmentation. */
    difference: { at: 0.03, factor: 2 } satisfies FactorLimit,
    /** 1 - cosine of two views' embeddings before the first step. */
    embeddingDifference: { at: 1e-5, factor: 3 } satisfies FactorLimit,
    /** Standard errors above chance at which the agreement of views may be chance. */
    standardErrors: 3,
    /** Agreement of views below that bound. */
    agreement: 0.05,
    /** Images of the probe below which agreement by chance and by kinship cannot be told apart. */
    fewestImages: 16,
    /** One look may be chance: so many, over such a share of the run. */
    patience: { looks: 3, share: 0.04 } satisfies Patience,
  },

  masking: {
    /** Masked share: 0.75 in MAE, 0.6 in SimMIM, 0.65 in CMAE; more than 0.9 in no published recipe for images. */
    most: { at: 0.9, scale: 0.04 } satisfies Limit,
    least: { at: 0.25, factor: 2 } satisfies FactorLimit,
    /** What it adds to the evidence of too large a share that the decoder is at the mean. */
    errorCounts: 0.5,
    /** Variance of predictions ÷ variance of the targets: a decoder that paints the mean has 0. */
    varianceShare: { at: 0.02, factor: 2 } satisfies FactorLimit,
    /** Mean squared error ÷ variance of the targets: 1 for the mean. */
    errorShare: { at: 0.96, scale: 0.02 } satisfies Limit,
    /** Such an error from which even the mean is missed. */
    worseThanMean: 1.2,
    /** Share of the run in which a decoder may still be at the mean. */
    firstShare: 0.1,
    /** It must stay there for so long. */
    patience: { looks: 3, share: 0.15 } satisfies Patience,
  },

  data: {
    /** Share of images of one value. */
    constant: { at: 0.25, scale: 0.2 } satisfies Limit,
    /** Mean deviation within an image, normalised, of the order of 1 in photographs. */
    contrast: { at: 0.05, factor: 2 } satisfies FactorLimit,
    /** Share of images that are there before: data sets have a few. */
    duplicates: { at: 0.2, scale: 0.15 } satisfies Limit,
    /** Share of images that cannot be read: the loader bears 0.01. */
    broken: { at: 0.03, factor: 2 } satisfies FactorLimit,
    /** Images below which features are expected to be learned by heart, at the least so many batches; from `enough` on the batch does not matter. */
    fewest: 512,
    fewestBatches: 4,
    enough: 2000,
    few: { at: 1, factor: 1.5 } satisfies FactorLimit,
    /** Times that each image is seen in the run. */
    epochs: { at: 20, factor: 2 } satisfies FactorLimit,
    /** Share of the time that training waits for images. */
    wait: { at: 0.5, scale: 0.15 } satisfies Limit,
    /** It must wait for so long, and the run have so many steps behind it: threads and caches start slowly. */
    waitPatience: { looks: 3, share: 0.02 } satisfies Patience,
    waitSteps: 20,
  },

  evaluation: {
    /** Difference of the pixels' means ÷ their deviation: crops and color changes alone are expected to shift it by less. */
    meanShift: { at: 0.6, scale: 0.4 } satisfies Limit,
    /** Ratio of the pixels' deviations, the larger to the smaller. */
    deviationRatio: { at: 1.6, factor: 1.5 } satisfies FactorLimit,
    /** Fall of the accuracy on the other domain: the least that counts, about two standard errors (√(p (1 - p) ÷ n), 0.016 at the most) of 1,000 images. */
    fall: { at: 0.03, scale: 0.03 } satisfies Limit,
    /** The fall must also be above so many times the scatter of the series, and √(2 ln) of a third of its number more: the best of many is large by chance. */
    scatters: 1.5,
    /** Scatter that is assumed at the least: a few evaluations may lie on a line by chance. */
    leastScatter: 0.008,
    /** Evaluations below which nothing can be said. */
    fewest: 5,
    /** Rise of the accuracy on the training domain. */
    rise: 0.01,
  },
} as const;
