import { createRandom } from "@ssl-vit/core";
import type { ImageDataset } from "@ssl-vit/data";

/** Images of seeded noise, in memory. */
export function noiseDataset(length: number, size = 8, seed = 1): ImageDataset {
  return {
    location: "noise",
    kind: "memory",
    length,
    keyOf: String,
    labelOf: () => -1,
    read: (index) =>
      Promise.resolve({
        width: size,
        height: size,
        channels: 3,
        data: Uint8Array.from(createRandom(seed).derive(index).uniforms(size * size * 3), (value) => Math.floor(value * 256)),
      }),
    descriptor: { kind: "memory" },
    close: () => Promise.resolve(),
  };
}
