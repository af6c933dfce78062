/** Rows of views: of each view one row an image, in the same order. */
export interface ViewRows {
  /** [V·B, D], view by view. */
  readonly values: Float64Array;
  readonly images: number;
  readonly dim: number;
}

/** Rows of length 1; a row of zeros stays. */
export function unitRows({ values, images, dim }: ViewRows): ViewRows {
  const units = new Float64Array(values.length);
  for (let start = 0; start < values.length; start += dim) {
    let square = 0;
    for (let index = start; index < start + dim; index++) square += values[index]! ** 2;
    const factor = square > 0 ? 1 / Math.sqrt(square) : 0;
    for (let index = start; index < start + dim; index++) units[index] = values[index]! * factor;
  }
  return { values: units, images, dim };
}

const viewsOf = ({ values, images, dim }: ViewRows): readonly Float64Array[] =>
  Array.from({ length: values.length / (images * dim) }, (_, view) => values.subarray(view * images * dim, (view + 1) * images * dim));

/** Pairs of different views, each once. */
function* viewPairs(rows: ViewRows): Generator<readonly [Float64Array, Float64Array]> {
  const views = viewsOf(rows);
  for (const [index, first] of views.entries()) for (const second of views.slice(index + 1)) yield [first, second];
}

function dot(first: Float64Array, firstRow: number, second: Float64Array, secondRow: number, dim: number): number {
  let sum = 0;
  for (let index = 0; index < dim; index++) sum += first[firstRow * dim + index]! * second[secondRow * dim + index]!;
  return sum;
}

/** Mean cosine of different images in the same view; NaN for one image. Rows of length 1. */
export function meanCosine(rows: ViewRows): number {
  const { images, dim } = rows;
  const views = viewsOf(rows);
  // Over all pairs, the sum is the length of the rows' sum; what a row is with itself is taken off.
  const sums = views.map((view) => {
    const total = new Float64Array(dim);
    view.forEach((value, index) => (total[index % dim]! += value));
    return dot(total, 0, total, 0, dim) - dot(view, 0, view, 0, view.length);
  });
  return sums.reduce((sum, value) => sum + value, 0) / (views.length * images * (images - 1));
}

/** Mean cosine of the same image in different views; NaN for one view. Rows of length 1. */
export function viewCosine(rows: ViewRows): number {
  const { images, dim } = rows;
  let [sum, pairs] = [0, 0];
  for (const [first, second] of viewPairs(rows)) {
    sum += dot(first, 0, second, 0, images * dim);
    pairs++;
  }
  return sum / (pairs * images);
}

/**
 * Probability that an image's other view is nearer to it in cosine than another image's, where a tie counts half: 1 where views tell their image, 0.5
 * by chance. NaN for one view or one image. Rows of length 1.
 */
export function viewAgreement(rows: ViewRows): number {
  const { images, dim } = rows;
  let [wins, contests] = [0, 0];
  for (const [first, second] of viewPairs(rows)) {
    const own = Float64Array.from({ length: images }, (_, image) => dot(first, image, second, image, dim));
    for (let row = 0; row < images; row++) {
      for (let column = 0; column < images; column++) {
        if (row === column) continue;
        const other = dot(first, row, second, column, dim);
        // The pair is another image's view to both: to the first view of one, and to the second of the other.
        for (const cosine of [own[row]!, own[column]!]) wins += cosine > other ? 1 : cosine === other ? 0.5 : 0;
        contests += 2;
      }
    }
  }
  return wins / contests;
}

/** Mean cosine of the same image in a view of one and in a view of the other, over all pairs of views. Rows of length 1, of the same images and width. */
export function crossCosine(one: ViewRows, other: ViewRows): number {
  const [first, second] = [viewsOf(one), viewsOf(other)];
  let sum = 0;
  for (const a of first) for (const b of second) sum += dot(a, 0, b, 0, a.length);
  return sum / (one.images * first.length * second.length);
}
