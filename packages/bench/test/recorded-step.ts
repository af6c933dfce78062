import type { NativeBackend } from "@ssl-vit/backend-native";
import { createRandom, disposeMethod, type MethodFactory, type OptimizerRecipe, singleProcess } from "@ssl-vit/core";
import { createOptimizer } from "@ssl-vit/optim";
import { trainingStep } from "@ssl-vit/trainer";
import { vit } from "@ssl-vit/vit";
import { backend, fill, getKernelsForBackend, type KernelConfig, memory, type Rank, registerKernel, type TensorInfo, unregisterKernel } from "@tensorflow/tfjs-core";
import type { ShapeBackend } from "../src/shape-backend/shape-backend.js";
import { shapeBackendName, tensorsOf } from "../src/shape-backend/start-shape-backend.js";

/** A kernel's call: its name and what it made. */
type RecordedCall = `${string} → ${string}`;

export interface RecordedStep {
  readonly calls: readonly RecordedCall[];
  /** Most bytes that tfjs knew of after any kernel, beyond those before the step. */
  readonly peakBytes: number;
  /** Bytes that waited in the pool after each call: the engine's, or those of its model. */
  readonly idleBytes: readonly number[];
  /** On the shape backend: what the CPU backend makes in another shape or dtype. */
  readonly differences: readonly string[];
  /** What a step leaves behind. */
  readonly leftBytes: number;
}

const described = ({ shape, dtype }: TensorInfo): string => `${dtype} [${shape.join(", ")}]`;

/** The pool of the native engine or of the shape backend, whichever is current. */
function poolOf(backendName: string): { readonly idle: () => number; readonly trim: () => void } {
  if (backendName === shapeBackendName) {
    const { pool } = backend() as unknown as ShapeBackend;
    return { idle: () => pool.idleBytes, trim: () => { pool.trim(); } };
  }
  const native = backend() as unknown as NativeBackend;
  return { idle: () => native.memory().pool.idleBytes, trim: () => { native.trim(); } };
}

type OnCall = (kernelName: string, call: Parameters<KernelConfig["kernelFunc"]>[0], made: string) => void;

/** What a kernel of the CPU backend makes of the same inputs; "" if it has none of this name. */
function onCpu(kernelName: string, call: Parameters<KernelConfig["kernelFunc"]>[0]): string {
  const kernel = getKernelsForBackend("cpu").find((one) => one.kernelName === kernelName);
  if (kernel === undefined) return "";
  const shapes = call.backend as unknown as ShapeBackend;
  const computed: TensorInfo[] = [shapes.makeByComputing(tensorsOf(call), () => kernel.kernelFunc(call))].flat();
  for (const { dataId } of computed) shapes.disposeData(dataId);
  return computed.map(described).join(", ");
}

/** Runs `run`, and tells what kernels of a backend it called. `onCall` sees each call and what came of it. */
function recording(backendName: string, run: () => void, onCall?: OnCall): { calls: RecordedCall[]; idleBytes: number[]; peak: number } {
  const originals = getKernelsForBackend(backendName);
  const calls: RecordedCall[] = [];
  const idleBytes: number[] = [];
  const { idle } = poolOf(backendName);
  let peak = 0;
  const install = (kernels: readonly KernelConfig[]): void => {
    for (const kernel of kernels) {
      unregisterKernel(kernel.kernelName, backendName);
      registerKernel(kernel);
    }
  };
  install(
    originals.map((kernel) => ({
      ...kernel,
      kernelFunc: (call) => {
        peak = Math.max(peak, memory().numBytes);
        const results = kernel.kernelFunc(call);
        const made = [results].flat().map((result) => described(result)).join(", ");
        calls.push(`${kernel.kernelName} → ${made}`);
        idleBytes.push(idle());
        onCall?.(kernel.kernelName, call, made);
        return results;
      },
    })),
  );
  try {
    run();
  } finally {
    install(originals);
  }
  return { calls, idleBytes, peak };
}

/** A step of a method's small recipe with a very small ViT, on the current backend. */
export function recordStep(factory: MethodFactory, backendName: string, recipe?: OptimizerRecipe): RecordedStep {
  const differences: string[] = [];
  const compare: OnCall = (kernelName, call, made) => {
    const expected = onCpu(kernelName, call);
    if (expected !== "" && expected !== made) differences.push(`${kernelName}: ${made}, not ${expected}`);
  };
  const { method: given, model, optimizer: own } = factory.presets["small"]!;
  const depth = 2;
  const images = 8;
  const batch = 16;
  const options = {
    ...given,
    ...("targetBlocks" in factory.defaults ? { targetBlocks: depth } : {}),
    // SwAV wants no fewer images than prototypes.
    ...("queueLength" in factory.defaults ? { prototypes: batch } : {}),
  };
  poolOf(backendName).trim();
  const method = factory(vit({ ...model, embedDim: 32, depth, numHeads: 2, imageSize: images * 4, patchSize: 4 }), options);
  const optimizer = createOptimizer(recipe ?? own, method.trainable, { batchSize: batch });
  const views = method.views.groups.flatMap(({ name, count, size }) => Array.from({ length: count }, () => ({ name, images: fill<Rank.R4>([batch, size, size, 3], 0.5) })));
  const indices = Int32Array.from({ length: batch }, (_, index) => index);
  const step = (): void => {
    const progress = { step: 500, totalSteps: 1000, epoch: 50, totalEpochs: 100 };
    trainingStep(method, optimizer, { size: batch, views, indices }, { training: true, random: createRandom(0).derive("steps"), collective: singleProcess, progress });
  };
  try {
    // The first step: a teacher gets memory of its own. What the CPU backend makes beside is gone before the second.
    recording(backendName, step, backendName === shapeBackendName ? compare : undefined);
    poolOf(backendName).trim();
    const before = memory().numBytes;
    const { calls, idleBytes, peak } = recording(backendName, step);
    return { calls, idleBytes, differences, peakBytes: peak - before, leftBytes: memory().numBytes - before };
  } finally {
    for (const view of views) view.images.dispose();
    optimizer.dispose();
    disposeMethod(method);
  }
}
