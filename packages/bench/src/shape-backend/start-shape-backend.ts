import "@ssl-vit/engine"; // tfjs's gradients
import { backend, findBackend, getBackend, getKernelsForBackend, type KernelBackend, type KernelFunc, registerBackend, registerKernel, setBackend, type TensorInfo } from "@tensorflow/tfjs-core";
import { arrangementRules } from "./arrangement-rules.js";
import { blockRules } from "./block-rules.js";
import { elementwiseRules } from "./elementwise-rules.js";
import { productRules } from "./product-rules.js";
import { reductionRules } from "./reduction-rules.js";
import { ShapeBackend } from "./shape-backend.js";
import { product, type ShapeRule, type ShapeRules } from "./shape-rule.js";
import { trainingRules } from "./training-rules.js";

export const shapeBackendName = "shape";

export const shapeRules: ShapeRules = { ...elementwiseRules, ...reductionRules, ...arrangementRules, ...productRules, ...blockRules, ...trainingRules };

/** The result has the input's data. */
const sharing = ["Identity", "Reshape", "ExpandDims"];

/** Larger results are not computed, though it could be done: what a method reads on the host is smaller. */
const LARGEST_KNOWN = 2 ** 22;

type KernelCall = Parameters<KernelFunc>[0];

/** A kernel's inputs, but optional ones that are not there. */
export const tensorsOf = ({ inputs }: KernelCall): TensorInfo[] => Object.values<TensorInfo | undefined>(inputs).filter((tensor) => tensor !== undefined);

const outputsOf = ({ outputs }: ReturnType<ShapeRule>) => ("shape" in outputs ? [outputs] : outputs);

/** A kernel that tells the shapes of its results, by a rule; `computed` by the CPU backend where all is known. */
function ruledKernel(outcomeOf: ShapeRule, computed: KernelFunc | undefined): KernelFunc {
  return (call: KernelCall) => {
    const shapes = call.backend as unknown as ShapeBackend;
    const tensors = tensorsOf(call);
    const outcome = outcomeOf({ inputs: call.inputs, attrs: call.attrs, isTrained: (tensor) => shapes.isTrained(tensor) });
    const isKnown = shapes.keepsValues && tensors.every((tensor) => shapes.isKnown(tensor)) && outputsOf(outcome).every(({ shape }) => product(shape) <= LARGEST_KNOWN);
    if (computed === undefined || !isKnown) return shapes.make(outcome, tensors);
    shapes.countFlops(outcome.flops ?? 0, outcome.extraFlops ?? 0);
    return computed(call);
  };
}

/** A kernel without a rule, which only the methods of others use: the CPU backend computes it on ones, and its shapes are taken. */
function unruledKernel(computed: KernelFunc): KernelFunc {
  return (call: KernelCall) => {
    const shapes = call.backend as unknown as ShapeBackend;
    const tensors = tensorsOf(call);
    if (shapes.keepsValues && tensors.every((tensor) => shapes.isKnown(tensor))) return computed(call);
    return shapes.makeByComputing(tensors, () => computed(call));
  };
}

function register(): void {
  const cpu = new Map(getKernelsForBackend("cpu").map(({ kernelName, kernelFunc }) => [kernelName, kernelFunc]));
  for (const kernelName of new Set([...cpu.keys(), ...Object.keys(shapeRules)])) {
    const [outcomeOf, computed] = [shapeRules[kernelName], cpu.get(kernelName)];
    const kernelFunc = sharing.includes(kernelName) ? computed! : outcomeOf === undefined ? unruledKernel(computed!) : ruledKernel(outcomeOf, computed);
    registerKernel({ kernelName, backendName: shapeBackendName, kernelFunc });
  }
  // Never chosen unless asked for.
  registerBackend(shapeBackendName, () => new ShapeBackend(), 0);
}

/**
 * Runs something on a backend that computes nothing, and makes the one before current again.
 *
 * @param run must dispose its tensors
 */
export async function onShapeBackend<R>(run: (shapes: ShapeBackend) => R): Promise<R> {
  if ((findBackend(shapeBackendName) as KernelBackend | null) === null) register();
  const before = getBackend() as string | undefined;
  await setBackend(shapeBackendName);
  try {
    return run(backend() as unknown as ShapeBackend);
  } finally {
    if (before !== undefined && before !== shapeBackendName) await setBackend(before);
  }
}
