/**
 * UMAP (McInnes, Healy, Melville, arXiv 1802.03426) by umap-js, Google's port of umap-learn, with exact neighbours by cosine distance (umap-learn's
 * are approximate) and a random start in place of the spectral one.
 */
import { ConfigError, createRandom } from "@ssl-vit/core";
import { UMAP } from "umap-js";
import { checkPoints } from "./check-points.js";
import { nearestByCosine } from "./nearest-by-cosine.js";

/** Options of {@link umapLayout}. */
export interface UmapOptions {
  /** Neighbours of a point that are to stay near, itself included: few show fine structure, many the whole. Default 15, umap-learn's. */
  readonly neighbors?: number;
  /** How near points may come in the layout. Default 0.1, umap-learn's. */
  readonly minDistance?: number;
  readonly seed: number;
}

/** Draws of a stream one after the other, as umap-js asks for them. */
function sequence(seed: number): () => number {
  const random = createRandom(seed).derive("umap");
  const length = 4096;
  let draws = new Float32Array(0);
  let taken = 0;
  return () => {
    if (taken % length === 0) draws = Float32Array.from(random.derive(taken / length).uniforms(length));
    return draws[taken++ % length]!;
  };
}

/**
 * Where rows of features lie on a plane, so that rows that are near by cosine distance stay near. The same seed gives the same bytes.
 *
 * @param values [N, D], row by row
 * @returns [N, 2]
 * @throws ConfigError for fewer rows than neighbours + 1, rows of zeros, and values that are no numbers; ShapeError for no whole number of rows
 */
export function umapLayout(values: Float32Array, dim: number, { neighbors = 15, minDistance = 0.1, seed }: UmapOptions): Float32Array {
  const count = checkPoints("features", values, dim);
  if (!(Number.isInteger(neighbors) && neighbors >= 2)) throw new ConfigError({ package: "visualize", what: "neighbors", expected: "a whole number of at least 2", received: String(neighbors) });
  if (count <= neighbors) throw new ConfigError({ package: "visualize", what: "features", expected: `more rows than the ${neighbors} neighbours`, received: String(count), fix: "Take more images, or fewer neighbours." });
  if (!(minDistance >= 0 && minDistance <= 1)) throw new ConfigError({ package: "visualize", what: "minDistance", expected: "from 0 to 1", received: String(minDistance) });
  const { indices, distances } = nearestByCosine(values, dim, neighbors);
  const umap = new UMAP({ nComponents: 2, nNeighbors: neighbors, minDist: minDistance, random: sequence(seed) });
  umap.setPrecomputedKNN(indices, distances);
  const layout = umap.fit(indices.map((_, row) => Array.from(values.subarray(row * dim, (row + 1) * dim))));
  return Float32Array.from(layout.flat());
}
