import { type TensorInfo } from "@tensorflow/tfjs-core";
import { binding } from "../binding.js";
import { replace } from "../kernel.js";

interface Attributes {
  readonly alignCorners: boolean;
  readonly halfPixelCenters: boolean;
}

export function registerResize(): void {
  replace<{ images: TensorInfo }, Attributes & { size: [number, number] }>("ResizeBilinear", ({ inputs: { images }, attrs, backend }) => {
    const [batch, height, width, channels] = images.shape as [number, number, number, number];
    if ((images.dtype !== "float32" && images.dtype !== "int32") || height * width === 0) return undefined;
    const { tensor, values } = backend.fresh([batch, ...attrs.size, channels], "float32");
    const numbers = Int32Array.of(batch, height, width, channels, ...attrs.size);
    binding.resize(numbers, attrs.alignCorners, attrs.halfPixelCenters, backend.valuesOf(images, "float32"), values);
    return tensor;
  });

  // The CPU backend swaps height and width of the result and knows no half-pixel centers here; this is the gradient of the above in all cases.
  replace<{ images: TensorInfo; dy: TensorInfo }, Attributes>("ResizeBilinearGrad", ({ inputs: { images, dy }, attrs, backend }) => {
    if (dy.dtype !== "float32") return undefined;
    const [batch, height, width, channels] = images.shape as [number, number, number, number];
    const { tensor, values } = backend.fresh(images.shape, "float32");
    const numbers = Int32Array.of(batch, height, width, channels, dy.shape[1]!, dy.shape[2]!);
    binding.resizeGradient(numbers, attrs.alignCorners, attrs.halfPixelCenters, backend.valuesOf(dy, "float32"), values);
    return tensor;
  });
}
