import { mocoWithBank } from "./moco-with-bank.js";

/** @typedef {import("./case.js").Case} Case */

/**
 * Runs of issue threads, whose losses stood still at ln K, made again as nearly as this code allows.
 *
 * @type {readonly Case[]}
 */
export const threadCases = [
  {
    ...{ name: "dino-61", method: "dino", half: "held-out", truth: "temperature-too-high", way: "teacher-temperature-high" },
    thread: "https://github.com/facebookresearch/dino/issues/61",
    breaking: "the thread's options: teacher's temperature 0.3 without a warm-up, 10,000 prototypes of free length",
    options: { teacherTemperature: 0.3, prototypes: 10_000, normalizeLastLayer: false, teacherMomentum: 0.996 },
    steps: 60,
  },
  {
    ...{ name: "dinov2-407", method: "dino", half: "held-out", truth: "teacher-equals-student", way: "momentum-0" },
    thread: "https://github.com/facebookresearch/dinov2/issues/407",
    breaking: "the thread's cause, a teacher that is the student by reference: teacherMomentum 0, 4,096 prototypes",
    options: { teacherMomentum: 0, prototypes: 4096 },
  },
  {
    ...{ name: "lightly-736", method: "swav", half: "tuned", truth: "uniform-output", way: "views-too-hard" },
    thread: "https://github.com/lightly-ai/lightly/issues/736",
    breaking: "the thread's options and views: 512 prototypes that are never frozen, Adam at 0.001 without a warm-up, six local views of 5 to 14 % of the image, strong colors, blur",
    options: {
      ...{ prototypes: 512, freezePrototypesSteps: 0, queueLength: 384, queueStartEpoch: 0, outputDim: 128 },
      ...{ localViews: 6, localSizeRatio: 96 / 224, globalScale: [0.14, 1], localScale: [0.05, 0.14], jitterStrength: 0.8, blur: true },
    },
    optimizer: { learningRate: 1e-3, learningRateBatch: 0, warmupEpochs: 0, weightDecay: 0 },
  },
  {
    ...{ name: "lightly-1007", method: "moco", half: "tuned", truth: "uniform-output", way: "bank-not-normalised" },
    thread: "https://github.com/lightly-ai/lightly/issues/1007",
    breaking: "the thread's cause: a bank of 4,096 negatives whose random start is not normalised",
    factory: /** @type {import("./case.js").MethodFactory} */ (/** @type {unknown} */ (mocoWithBank)),
    // The bank holds keys alone after 32 steps, and the loss takes some 200 more to ln 4097.
    steps: 240,
  },
  {
    ...{ name: "moco-bank-2048", method: "moco", half: "held-out", truth: "uniform-output", way: "bank-not-normalised" },
    breaking: "the same mistake in another recipe: a bank of 2,048, a temperature of 0.2, momentum 0.99",
    factory: /** @type {import("./case.js").MethodFactory} */ (/** @type {unknown} */ (mocoWithBank)),
    options: { bank: 2048, temperature: 0.2, teacherMomentum: 0.99 },
    steps: 240,
  },
];
