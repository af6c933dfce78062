import { createRandom, type Method, type ViewBatch } from "@ssl-vit/core";
import { tensor4d } from "@tensorflow/tfjs-core";

/** A batch of random images for any view policy, with local views beside it if wanted. */
export function randomBatch(method: Method, batchSize: number, seed = 0, locals?: { readonly count: number; readonly size: number }): ViewBatch {
  const { channels } = method.encoder.layout;
  const random = createRandom(seed);
  const groups = locals === undefined ? method.views.groups : [...method.views.groups, { name: "local", ...locals }];
  const views = groups.flatMap(({ name, count, size }, group) =>
    Array.from({ length: count }, (_, view) => {
      const shape: [number, number, number, number] = [batchSize, size, size, channels];
      return { name, images: tensor4d(random.derive("images", group, view).normals(batchSize * size * size * channels), shape) };
    }),
  );
  return { size: batchSize, views, indices: Int32Array.from({ length: batchSize }, (_, index) => index) };
}
