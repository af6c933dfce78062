import { type TensorInfo } from "@tensorflow/tfjs-core";
import { binding } from "../binding.js";
import { checkAttribute, checkShape, checkType } from "../check.js";
import { define, replace } from "../kernel.js";

interface Targets {
  readonly logits: TensorInfo;
  readonly targets: TensorInfo;
}

/** Checks logits and targets [rows, classes]; returns both sizes. */
function sizesOf(kernel: string, { logits, targets }: Targets): [rows: number, width: number] {
  checkShape(kernel, "logits", logits, [-1, -1]);
  checkShape(kernel, "targets", targets, logits.shape);
  const [rows, width] = logits.shape as [number, number];
  checkAttribute(kernel, "logits", width > 0, "at least one class", "none");
  return [rows, width];
}

export function registerSoftmax(): void {
  replace<{ logits: TensorInfo }, { dim: number }>("Softmax", ({ inputs: { logits }, attrs: { dim }, backend }) => {
    const width = logits.shape.at(-1) ?? 0;
    if (logits.dtype !== "float32" || width === 0 || (dim !== -1 && dim !== logits.shape.length - 1)) return undefined;
    const { tensor, values } = backend.fresh(logits.shape, "float32");
    binding.softmax(backend.valuesOf(logits, "float32"), width, false, values);
    return tensor;
  });

  define<{ logits: TensorInfo }, unknown>("LogSoftmax", ({ inputs: { logits }, backend }) => {
    checkType("LogSoftmax", "logits", logits, "float32");
    const { tensor, values } = backend.fresh(logits.shape, "float32");
    binding.softmax(backend.valuesOf(logits, "float32"), logits.shape.at(-1) ?? 1, true, values);
    return tensor;
  });

  define<Targets, unknown>("SoftmaxCrossEntropy", ({ inputs: { logits, targets }, backend }) => {
    const [rows, width] = sizesOf("SoftmaxCrossEntropy", { logits, targets });
    const [loss, logSums] = [backend.fresh([rows], "float32"), backend.fresh([rows], "float32")];
    binding.crossEntropy(backend.valuesOf(logits, "float32"), backend.valuesOf(targets, "float32"), width, loss.values, logSums.values);
    return [loss.tensor, logSums.tensor];
  });

  define<Targets & { logSums: TensorInfo; dy: TensorInfo }, unknown>("SoftmaxCrossEntropyGrad", ({ inputs, backend }) => {
    const { logits, targets, logSums, dy } = inputs;
    const [rows, width] = sizesOf("SoftmaxCrossEntropyGrad", inputs);
    checkShape("SoftmaxCrossEntropyGrad", "logSums", logSums, [rows]);
    checkShape("SoftmaxCrossEntropyGrad", "dy", dy, [rows]);
    const { tensor, values } = backend.fresh(logits.shape, "float32");
    const [x, t, sums, gradient] = [logits, targets, logSums, dy].map((input) => backend.valuesOf(input, "float32"));
    binding.crossEntropyGradient(x!, t!, width, sums!, gradient!, values);
    return tensor;
  });
}
