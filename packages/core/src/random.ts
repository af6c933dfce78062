/**
 * Seeded randomness without state: every draw is a function of a *path*, never of call order, so a run has the same draws
 * whatever the number of workers and wherever it was resumed.
 *
 * Generator: Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC11), checked against the
 * known answers of Random123 1.14 (`kat_vectors`).
 */
export interface Random {
  /** An independent stream, named by words and numbers: `random.derive("crop", epoch, sampleIndex, view)`. */
  derive(...path: readonly (string | number)[]): Random;
  /** A number in [0, 1). The same stream always answers the same: derive one stream for each draw. */
  uniform(): number;
  /** `count` float32 numbers in [0, 1). */
  uniforms(count: number): Float32Array;
  /** `count` float32 draws of the standard normal distribution (Box-Muller). */
  normals(count: number): Float32Array;
  /** The integers 0 … count - 1 in random order (Fisher-Yates). */
  permutation(count: number): Int32Array;
}

const ROUNDS = 10;
const TWO_POW_NEG_24 = 2 ** -24;

function multiplyHigh(a: number, b: number): number {
  const aHigh = a >>> 16;
  const aLow = a & 0xffff;
  const bHigh = b >>> 16;
  const bLow = b & 0xffff;
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16);
  const cross = aLow * bHigh + (middle & 0xffff);
  return (aHigh * bHigh + (middle >>> 16) + (cross >>> 16)) >>> 0;
}

type Block = [number, number, number, number];

/** Philox4x32-10: four 32-bit words from a 128-bit counter and a 64-bit key. */
export function philox(counter: Readonly<Block>, key: readonly [number, number]): Block {
  let [c0, c1, c2, c3] = counter;
  let [k0, k1] = key;
  for (let round = 0; round < ROUNDS; round++) {
    const high0 = multiplyHigh(0xd2511f53, c0);
    const low0 = Math.imul(0xd2511f53, c0) >>> 0;
    const high1 = multiplyHigh(0xcd9e8d57, c2);
    const low1 = Math.imul(0xcd9e8d57, c2) >>> 0;
    c0 = (high1 ^ c1 ^ k0) >>> 0;
    c1 = low1;
    c2 = (high0 ^ c3 ^ k1) >>> 0;
    c3 = low0;
    k0 = (k0 + 0x9e3779b9) >>> 0;
    k1 = (k1 + 0xbb67ae85) >>> 0;
  }
  return [c0, c1, c2, c3];
}

/** FNV-1a, 32 bits, from a given offset basis. */
function hashText(text: string, basis: number): number {
  let hash = basis;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return hash >>> 0;
}

/** Mixes one path element into a key. The third counter word keeps numbers, words and draws apart. */
function mix(key: readonly [number, number], element: string | number): [number, number] {
  const block =
    typeof element === "number"
      ? philox([element >>> 0, Math.floor(element / 2 ** 32) >>> 0, 1, 0], key)
      : philox([hashText(element, 0x811c9dc5), hashText(element, 0x050c5d1f), 2, 0], key);
  return [block[0], block[1]];
}

function fromKey(key: readonly [number, number]): Random {
  const words = (count: number): Uint32Array => {
    const out = new Uint32Array(Math.ceil(count / 4) * 4);
    for (let block = 0; block < out.length / 4; block++) out.set(philox([block, 0, 0, 0], key), block * 4);
    return out;
  };
  return {
    derive: (...path) => fromKey(path.reduce<readonly [number, number]>(mix, key)),
    uniform: () => {
      const [high, low] = philox([0, 0, 0, 0], key);
      return ((high >>> 5) * 2 ** 26 + (low >>> 6)) / 2 ** 53;
    },
    uniforms: (count) => {
      const draws = words(count);
      const out = new Float32Array(count);
      for (let index = 0; index < count; index++) out[index] = (draws[index]! >>> 8) * TWO_POW_NEG_24;
      return out;
    },
    normals: (count) => {
      const uniform = words(Math.ceil(count / 2) * 2);
      const out = new Float32Array(count);
      for (let pair = 0; pair < uniform.length; pair += 2) {
        const radius = Math.sqrt(-2 * Math.log(((uniform[pair]! >>> 8) + 1) * TWO_POW_NEG_24));
        const angle = 2 * Math.PI * (uniform[pair + 1]! >>> 8) * TWO_POW_NEG_24;
        out[pair] = radius * Math.cos(angle);
        if (pair + 1 < count) out[pair + 1] = radius * Math.sin(angle);
      }
      return out;
    },
    permutation: (count) => {
      const order = Int32Array.from({ length: count }, (_, index) => index);
      const draws = words(count);
      for (let last = count - 1; last > 0; last--) {
        const other = Math.floor((draws[last]! / 2 ** 32) * (last + 1));
        const swapped = order[last]!;
        order[last] = order[other]!;
        order[other] = swapped;
      }
      return order;
    },
  };
}

/** The root of all randomness of a run. The same seed gives the same draws on every machine. */
export function createRandom(seed: number): Random {
  return fromKey(mix([0, 0], seed));
}
