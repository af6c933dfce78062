import type { LoggedSignals, RunFacts } from "@ssl-vit/core";
import type { RunSignals } from "@ssl-vit/diagnose";

/** Facts of a run, with what a test changes of them. */
interface FactChanges extends Partial<Omit<RunFacts, "method">> {
  readonly options?: Readonly<Record<string, unknown>>;
}

const facts: RunFacts = {
  method: { name: "any", options: {} },
  encoder: {},
  views: { groups: [{ name: "global", count: 2, size: 32, operations: [{ kind: "randomResizedCrop", scale: [0.2, 1] }] }], normalize: { mean: [0.5], std: [0.25] } },
  optimizer: { name: "adamw", learningRate: 1e-3, warmupEpochs: 1, weightDecay: 0.05 },
  data: { images: 4000 },
  batchSize: 100,
  accumulate: 1,
};

type Numbers = Readonly<Record<string, number>>;

/** What a healthy run of a method with prototypes, a teacher and two views measures, from 0 to 1 of its length. */
export const healthySignals = (share: number): Numbers => ({
  lossMean: 6.9 - 2 * share,
  lossMin: 6.8 - 2 * share,
  lossMax: 7.1 - 2 * share,
  gradientNormMax: 2,
  dataWait: 0.05,
  "gradientNorm/patch_embed": 0.4,
  "gradientNorm/blocks.0": 0.3,
  "gradientNorm/blocks.1": 0.25,
  "updateRatio/patch_embed": 0.002,
  "updateRatio/blocks.0": 0.003,
  "updateRatio/blocks.1": 0.003,
  updateRatio: 0.003 * (1 - share) + 1e-5,
  teacherMomentum: 1 - 0.01 * (1 + Math.cos(Math.PI * share)) / 2,
  teacherDistance: 0.02,
  embeddingDeviation: 0.3 + 0.6 * share,
  rankMe: 15 + 20 * share,
  rankShare: (15 + 20 * share) / 128,
  meanCosine: 0.9 - 0.8 * share,
  viewCosine: 0.95 - 0.2 * share,
  viewAgreement: 0.75 + 0.2 * share,
  featureDeviation: 0.3 + 0.4 * share,
  featureShift: 0.01,
  targetDeviation: 0.3 + 0.5 * share,
  targetCosine: 0.8,
  alternatives: 1024,
  uninformedLoss: Math.log(1024),
  studentEntropy: 0.92 - 0.4 * share,
  teacherEntropy: 0.7 - 0.4 * share,
  studentUsage: 600,
  teacherUsage: 300,
  scoreSpread: 0.05 + 0.1 * share,
  studentTemperature: 0.1,
  teacherTemperature: 0.04,
  imageMean: 0.05,
  imageDeviation: 1.05,
  imageContrast: 0.9,
  pixelViewDifference: 0.8,
  pixelViewAgreement: 0.75,
});

/** Of images stored as they should be. */
export const healthySample: Numbers = { sampledImages: 256, brokenShare: 0, duplicateShare: 0.004, constantShare: 0 };

/** Changes of a run: of its facts, and of the signals of a look. */
export interface SyntheticRun {
  readonly facts?: FactChanges;
  readonly totalSteps?: number;
  /** Looks that are there; default all. */
  readonly looks?: number;
  readonly precision?: string;
  /** Over the healthy signals; undefined takes one away. */
  readonly signals?: (share: number, step: number) => Readonly<Record<string, number | undefined>>;
  /** Over the sample of the stored images. */
  readonly sample?: Numbers;
  /** More lines at the end. */
  readonly more?: readonly LoggedSignals[];
}

const LOOKS = 40;

const present = (numbers: Readonly<Record<string, number | undefined>>): Numbers =>
  Object.fromEntries(Object.entries(numbers).filter((entry): entry is [string, number] => entry[1] !== undefined));

/** A run that is healthy but for its changes: 40 looks at even distances, the first before step 1. */
export function syntheticRun({ facts: { options = {}, ...changes } = {}, totalSteps = 400, looks = LOOKS + 1, precision = "float32", signals, sample = {}, more = [] }: SyntheticRun = {}): RunSignals {
  const every = totalSteps / LOOKS;
  const logged = Array.from({ length: looks }, (_, look): LoggedSignals => {
    const [step, share] = [look * every, look / LOOKS];
    const { lossMean, lossMin, lossMax, updateRatio, teacherMomentum, ...still } = healthySignals(share);
    const moving = { lossMean, lossMin, lossMax, updateRatio, teacherMomentum };
    const measured = present({ ...still, ...(step === 0 ? { ...healthySample, ...sample } : moving), ...signals?.(share, step) });
    if (step === 0) return { step, totalSteps, signals: measured };
    return { step, totalSteps, loss: measured["lossMean"] ?? 1, learningRate: 4e-4 * Math.min(1, share * 10) * (1 - share) + 1e-9, gradientNorm: 2, dataWaitShare: 0.05, metrics: {}, signals: measured };
  });
  return { facts: { ...facts, ...changes, method: { name: "any", options } }, totalSteps, precision, logged: [...logged, ...more] };
}
