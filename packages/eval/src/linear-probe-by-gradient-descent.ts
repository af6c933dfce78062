import { ConfigError, createRandom, type OptimizerRecipe } from "@ssl-vit/core";
import { completeRecipe, createOptimizer, type Optimizer } from "@ssl-vit/optim";
import { dispose, tensor2d, tidy } from "@tensorflow/tfjs-core";
import { checkFeatureSets } from "./check-feature-sets.js";
import { classTally, type ClassScores } from "./class-tally.js";
import { type ClassifierHead, createClassifierHead } from "./classifier-head.js";
import type { FeatureSet } from "./feature-set.js";
import { pickRows } from "./pick-rows.js";
import { type EvaluationResult, featureProtocol, type LinearByGradientProtocol } from "./protocol.js";
import { trainClassifierHead } from "./train-classifier-head.js";

/** Options of {@link linearProbeByGradientDescent}. */
export interface LinearByGradientOptions {
  /** Labelled features from which the classifier learns, always the same: no crops. */
  readonly train: FeatureSet;
  readonly test: FeatureSet;
  readonly optimizer: OptimizerRecipe;
  readonly epochs: number;
  /** Images a step; the last ones of an epoch that are too few are left out. At most as many as there are are taken. Default 256. */
  readonly batchSize?: number;
  /** Batch normalisation without scale and offset before the classifier (MAE). Default false. */
  readonly batchNorm?: boolean;
  /** Of the classifier's start and the order of the images. Default 0. */
  readonly seed?: number;
  /** Told after each epoch, with the mean loss. */
  readonly onProgress?: (epoch: number, epochs: number, loss: number) => void;
  /** When it aborts, the promise rejects before the next epoch. */
  readonly signal?: AbortSignal | undefined;
}

export interface LinearByGradientResult extends EvaluationResult<LinearByGradientProtocol>, Pick<ClassScores, "confusion"> {}

function judge(head: ClassifierHead, { values, labels, dim, count }: FeatureSet, numClasses: number): ClassScores {
  const [tally, chunk] = [classTally(numClasses), 1024];
  for (let start = 0; start < count; start += chunk) {
    const rows = Math.min(chunk, count - start);
    const scores = tidy(() => head.apply(tensor2d(values.subarray(start * dim, (start + rows) * dim), [rows, dim])).dataSync());
    for (let row = 0; row < rows; row++) tally.add(scores, row * numClasses, labels[start + row]!);
  }
  return tally.scores();
}

/**
 * Accuracy of a linear classifier on frozen features, trained by SGD, LARS or another optimizer as the field's protocols do (`linearRecipes`), on
 * features that were computed once. What they lack is the protocols' random crops: those take a `createClassifier` with `freezeEncoder`. For a number
 * that depends on no rate and no epochs see `linearProbe`.
 *
 * @throws ConfigError for missing labels, other classes, features taken in another way, a recipe, number of epochs or batch that cannot be; Error for
 *   features that are not finite, and when it diverges
 */
export async function linearProbeByGradientDescent(options: LinearByGradientOptions): Promise<LinearByGradientResult> {
  const { train, test, optimizer: recipe, epochs, batchNorm = false, seed = 0, onProgress, signal } = options;
  const numClasses = checkFeatureSets(train, test);
  const batchSize = Math.min(options.batchSize ?? 256, train.count);
  const refuse = (what: string, expected: string, received: number): never => {
    throw new ConfigError({ package: "eval", what, expected, received: String(received) });
  };
  if (!(Number.isInteger(epochs) && epochs >= 1)) refuse("epochs", "a whole number of at least 1", epochs);
  const least = batchNorm ? 2 : 1;
  if (!(Number.isInteger(batchSize) && batchSize >= least)) refuse("batchSize", `a whole number of at least ${least}`, batchSize);

  const random = createRandom(seed).derive("classifier");
  const head = createClassifierHead(random, { dim: train.dim, numClasses, batchNorm, deviation: 0.01 });
  let optimizer: Optimizer | undefined;
  try {
    optimizer = createOptimizer(recipe, head.parameters, { batchSize });
    const steps = Math.floor(train.count / batchSize);
    for (let epoch = 0; epoch < epochs; epoch++) {
      // Signals are delivered here.
      await new Promise((resolve) => setImmediate(resolve));
      signal?.throwIfAborted();
      const order = random.derive("order", epoch).permutation(train.count);
      let sum = 0;
      for (let place = 0; place < steps; place++) {
        const progress = { step: epoch * steps + place, totalSteps: epochs * steps, epoch: epoch + place / steps, totalEpochs: epochs };
        sum += trainClassifierHead(head, optimizer, pickRows(train, train.dim, order.subarray(place * batchSize, (place + 1) * batchSize)), progress);
      }
      onProgress?.(epoch + 1, epochs, sum / steps);
    }
    const { top1, top5, confusion } = judge(head, test, numClasses);
    const training = { optimizer: completeRecipe(recipe), epochs, batchSize, batchNorm, trainViews: "as in testing" as const, seed };
    return { top1, top5, ...(confusion === undefined ? {} : { confusion }), protocol: { kind: "linear", classifier: "softmax regression by gradient descent", ...training, ...featureProtocol(train, test, numClasses) } };
  } finally {
    optimizer?.dispose();
    dispose([...Object.values(head.parameters), ...Object.values(head.buffers)]);
  }
}
