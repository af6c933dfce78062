import { createRandom, disposeMethod, type Encoder, type EncoderFactory, type Method, type MethodFactory, type OptimizerRecipe, type ParameterMap, planBatch, pooledFeature, singleProcess, type StepContext, type View, type ViewBatch } from "@ssl-vit/core";
import { createOptimizer } from "@ssl-vit/optim";
import { trainingStep } from "@ssl-vit/trainer";
import { fill, type Rank, tidy } from "@tensorflow/tfjs-core";
import type { Counts, ShapeBackend } from "./shape-backend/shape-backend.js";
import { onShapeBackend } from "./shape-backend/start-shape-backend.js";

/** What to count. */
export interface CostOptions {
  readonly method: MethodFactory;
  /** The method's own options. Default: its defaults. */
  readonly options?: Readonly<Record<string, unknown>>;
  /** The student's and the teacher's encoder. Start weights of 0 (`vit({ …, initialization: "zeros" })`) are made quickest. */
  readonly encoders: EncoderFactory;
  /** Images of a step. */
  readonly batchSize: number;
  /** Default AdamW: two moments for each parameter. */
  readonly optimizer?: OptimizerRecipe;
  /** Steps that are counted where masks are drawn at random; their mean counts. Default 16. Other methods cost the same in every step, and are counted once. */
  readonly draws?: number;
}

/** What a training step costs. */
export interface Cost {
  readonly method: string;
  readonly batchSize: number;
  /** Numbers of values. */
  readonly parameters: {
    readonly encoder: number;
    /** Of all that is trained: encoder, heads, decoders, tokens; in the middle of a run, when nothing is frozen but what stays so. */
    readonly trained: number;
  };
  /** Floating-point operations of matrix products for one image, 2·m·k·n each. */
  readonly flops: {
    /** Forward pass of the encoder, one image of the size it was built for. */
    readonly encode: number;
    /** A step of one image, all of its views: forward, backward, teacher; every token through every block. */
    readonly step: number;
    /**
     * What the native engine carries out for it: tokens that do not reach the loss skip the last block's perceptron, attention's scores are computed
     * once more for the gradient, and pixels have a gradient that nobody needs.
     */
    readonly carriedOut: number;
  };
  /** Memory of the native engine, in bytes, for the whole batch. */
  readonly memory: {
    /** Tensors that stay from step to step: weights, teacher, moments, buffers, and the batch itself. */
    readonly resting: number;
    /** Most that the engine holds besides during a step: activations, gradients, and what its pool keeps of those that are gone. */
    readonly step: number;
  };
}

/** Half of a run is over: warm-ups have ended, queues are full. */
const progress = { step: 500_000, totalSteps: 1_000_000, epoch: 500, totalEpochs: 1000 };

const adamw: OptimizerRecipe = { name: "adamw", learningRate: 1e-3, weightDecay: 0.05 };

const contextOf = (draw: number): StepContext => ({ training: true, random: createRandom(0).derive("steps", draw), collective: singleProcess, progress });

/** The parameters that a step in the middle of a run changes. */
const trainedBy = (method: Method): ParameterMap => Object.fromEntries(Object.entries(method.trainable).filter(([name]) => method.isFrozen?.(name, contextOf(0)) !== true));

const sizeOf = (parameters: ParameterMap): number => Object.values(parameters).reduce((sum, { size }) => sum + size, 0);

/** Encoders that can be told to take all tokens through the last block, though one is asked for. */
interface SwitchableEncoders {
  readonly encoders: EncoderFactory;
  allTokens: boolean;
  /** Whether one was asked for. */
  areAsked: boolean;
}

function switchable(encoders: EncoderFactory): SwitchableEncoders {
  const state: SwitchableEncoders = {
    allTokens: false,
    areAsked: false,
    encoders: (role): Encoder => {
      const encoder = encoders(role);
      if (encoder.encodeCls === undefined) return encoder;
      return {
        ...encoder,
        encodeCls: (images, context) => {
          state.areAsked = true;
          return state.allTokens ? tidy(() => pooledFeature(encoder, encoder.encode(images, context))) : encoder.encodeCls!(images, context);
        },
      };
    },
  };
  return state;
}

/** A batch of images that hold nothing. */
function emptyBatch({ views }: Method, batchSize: number, channels: number): ViewBatch {
  const cut = views.groups.flatMap(({ name, count, size }) =>
    Array.from({ length: count }, (): View => ({ name, images: fill<Rank.R4>([batchSize, size, size, channels], 0) })),
  );
  return { size: batchSize, views: cut, indices: Int32Array.from({ length: batchSize }, (_, index) => index) };
}

interface StepCost {
  readonly step: number;
  readonly carriedOut: number;
  readonly peak: number;
}

/** Where a step is counted, and what of. */
interface Counting {
  readonly shapes: ShapeBackend;
  readonly method: Method;
  readonly encoders: SwitchableEncoders;
  readonly optimizer: ReturnType<typeof createOptimizer>;
  readonly batch: ViewBatch;
}

/** Runs a step; its peak is what the engine holds beyond what it held before. */
function count({ shapes, method, encoders, optimizer, batch }: Counting, draw: number, allTokens: boolean): Counts {
  const context = contextOf(draw);
  encoders.allTokens = allTokens;
  // The optimizer's results are no longer marked.
  for (const variable of Object.values(trainedBy(method))) shapes.markTrained(variable);
  shapes.pool.trim();
  const { heldBytes } = shapes.pool;
  shapes.take();
  trainingStep(method, optimizer, batch, context);
  const counts = shapes.take();
  return { ...counts, peakBytes: counts.peakBytes - heldBytes };
}

function countStep(counting: Counting, draw: number): StepCost {
  const needed = count(counting, draw, false);
  const all = counting.encoders.areAsked ? count(counting, draw, true) : needed;
  return { step: all.flops, carriedOut: needed.flops + needed.extraFlops, peak: needed.peakBytes };
}

/** One step, or several where they differ. */
function countSteps(counting: Counting, draws: number): StepCost {
  const steps: StepCost[] = [];
  for (let draw = 0; draw < draws; draw++) {
    steps.push(countStep(counting, draw));
    if (draw === 1 && steps[0]!.step === steps[1]!.step && steps[0]!.carriedOut === steps[1]!.carriedOut) break;
  }
  const mean = (key: keyof StepCost): number => steps.reduce((sum, step) => sum + step[key], 0) / steps.length;
  return { step: mean("step"), carriedOut: mean("carriedOut"), peak: Math.max(...steps.map(({ peak }) => peak)) };
}

/**
 * Counts the parameters, operations and memory of a method's training step, of any size, without computing anything: the step runs on a backend whose
 * tensors are shapes. The tfjs backend that was current is current again afterwards.
 *
 * @throws ConfigError for options, or a batch, that the method refuses
 * @throws Error when a step leaves tensors behind
 */
export function measureCost({ method: factory, options = {}, encoders: given, batchSize, optimizer: recipe = adamw, draws = 16 }: CostOptions): Promise<Cost> {
  return onShapeBackend((shapes) => {
    const empty = shapes.liveBytes;
    shapes.pool.trim(); // of what was counted before
    const encoders = switchable(given);
    shapes.keepsValues = false;
    const method = factory(encoders.encoders, options);
    const optimizer = createOptimizer(recipe, method.trainable, { batchSize });
    const { encoder } = method;
    const { imageSize, channels } = encoder.layout;
    const batch = emptyBatch(method, batchSize, channels);
    try {
      shapes.keepsValues = true;
      shapes.take();
      tidy(() => { encoder.encode(fill<Rank.R4>([1, ...imageSize, channels], 0)); });
      const encode = shapes.take().flops;
      method.assertBatch?.(planBatch(method.views, batchSize, singleProcess));
      const counting = { shapes, method, encoders, optimizer, batch };
      // At the start a teacher shares the student's memory.
      count(counting, 0, false);
      const resting = shapes.liveBytes;
      const { step, carriedOut, peak } = countSteps(counting, draws);
      if (shapes.liveBytes !== resting) throw new Error(`[bench] ${factory.methodName}: expected no tensor left behind by a step, received ${shapes.liveBytes - resting} bytes.`);
      return {
        method: factory.methodName,
        batchSize,
        parameters: { encoder: sizeOf(encoder.parameters), trained: sizeOf(trainedBy(method)) },
        flops: { encode, step: step / batchSize, carriedOut: carriedOut / batchSize },
        memory: { resting: resting - empty, step: peak },
      };
    } finally {
      shapes.keepsValues = false;
      for (const { images } of batch.views) images.dispose();
      optimizer.dispose();
      disposeMethod(method);
    }
  });
}
