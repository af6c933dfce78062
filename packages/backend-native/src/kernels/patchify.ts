import { type TensorInfo } from "@tensorflow/tfjs-core";
import { checkAttribute, checkShape } from "../check.js";
import { define } from "../kernel.js";
import { type CopyAxis, stridedCopy } from "../strided-copy.js";

/** The axes of images [B, Y, X, C] and of patches [B, P, p·p·C], both in the order sample, patch row, patch column, y, x, channel. */
function patchAxes([batch, height, width, channels]: readonly [number, number, number, number], patchSize: number): CopyAxis[] {
  const [rows, columns] = [height / patchSize, width / patchSize];
  const patch = patchSize * patchSize * channels;
  return [
    { size: batch, source: height * width * channels, target: rows * columns * patch },
    { size: rows, source: patchSize * width * channels, target: columns * patch },
    { size: columns, source: patchSize * channels, target: patch },
    { size: patchSize, source: width * channels, target: patchSize * channels },
    { size: patchSize, source: channels, target: channels },
    { size: channels, source: 1, target: 1 },
  ];
}

const reversed = (axes: readonly CopyAxis[]): CopyAxis[] => axes.map(({ size, source, target }) => ({ size, source: target, target: source }));

/** Checks that the images can be cut into whole patches. */
function checkPatches(kernel: string, [, height, width]: readonly number[], patchSize: number): void {
  const divides = Number.isInteger(patchSize) && patchSize > 0 && height! % patchSize === 0 && width! % patchSize === 0;
  checkAttribute(kernel, "patchSize", divides, `a divisor of ${height!} and ${width!}`, patchSize);
}

export function registerPatchify(): void {
  define<{ images: TensorInfo }, { patchSize: number }>("Patchify", ({ inputs: { images }, attrs: { patchSize }, backend }) => {
    checkShape("Patchify", "images", images, [-1, -1, -1, -1]);
    checkPatches("Patchify", images.shape, patchSize);
    const [batch, height, width, channels] = images.shape as [number, number, number, number];
    const patches = (height / patchSize) * (width / patchSize);
    const { tensor, values } = backend.fresh([batch, patches, patchSize * patchSize * channels], "float32");
    stridedCopy(patchAxes([batch, height, width, channels], patchSize), backend.valuesOf(images, "float32"), 0, values, 0);
    return tensor;
  });

  define<{ dy: TensorInfo }, { patchSize: number; imageShape: [number, number, number, number] }>("PatchifyGrad", ({ inputs: { dy }, attrs, backend }) => {
    const { patchSize, imageShape } = attrs;
    checkPatches("PatchifyGrad", imageShape, patchSize);
    const [batch, height, width, channels] = imageShape;
    checkShape("PatchifyGrad", "dy", dy, [batch, (height / patchSize) * (width / patchSize), patchSize * patchSize * channels]);
    const { tensor, values } = backend.fresh(imageShape, "float32");
    stridedCopy(reversed(patchAxes(imageShape, patchSize)), backend.valuesOf(dy, "float32"), 0, values, 0);
    return tensor;
  });
}
