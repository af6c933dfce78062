import type { Encoder } from "@ssl-vit/core";
import { tensor, type Tensor4D, tensor4d } from "@tensorflow/tfjs-core";

export const normalize = { mean: [0.5], std: [0.25] };

/** Two images of 4 px; every pixel of image i has the value of (i + 1) · 0.25 after the normalisation is undone. */
export const images: Tensor4D = tensor4d(Float32Array.from({ length: 2 * 4 * 4 * 3 }, (_, index) => ((index < 48 ? 0.25 : 0.5) - 0.5) / 0.25), [2, 4, 4, 3]);

/** [CLS], one register, four patches; head 0 looks at patch 0 alone, head 1 evenly at all. Its patch tokens are the given ones, [2, 4, 3]. */
export function tinyEncoder(patchTokens: readonly number[] = []): Encoder {
  const [batch, heads, tokens, prefix] = [2, 2, 6, 2];
  return {
    layout: { hasClsToken: true, registerTokens: 1, patchSize: 2, numHeads: heads, embedDim: 3, depth: 2 },
    lastAttention: () => {
      const values = new Float32Array(batch * heads * tokens * tokens);
      for (let image = 0; image < batch; image++) {
        values[image * heads * tokens * tokens + prefix] = 1;
        for (let patch = 0; patch < 4; patch++) values[(image * heads + 1) * tokens * tokens + prefix + patch] = 0.25;
      }
      return tensor(values, [batch, heads, tokens, tokens]);
    },
    encode: () => {
      const values = new Float32Array(batch * tokens * 3).fill(99);
      for (let image = 0; image < batch; image++) values.set(patchTokens.slice(image * 12, (image + 1) * 12), (image * tokens + prefix) * 3);
      return tensor(values, [batch, tokens, 3]);
    },
  } as unknown as Encoder;
}
