import { crc32 } from "node:zlib";

/** Numbers that a name and an index give, anywhere: benchmarks/reference/whole_models.py says the formula. */
export function formulaWords(name: string, count: number): Uint32Array {
  const key = crc32(name);
  return new Uint32Array(count).map((_, index) => {
    let x = (key + Math.imul(index, 0x9e3779b9)) | 0;
    x = Math.imul(x ^ (x >>> 16), 0x21f0aaad);
    x = Math.imul(x ^ (x >>> 15), 0x735a2d97);
    return x ^ (x >>> 15);
  });
}

/** The same as multiples of 2^-23 in [-1, 1). */
export function formulaUnits(name: string, count: number): Float32Array {
  const words = formulaWords(name, count);
  return new Float32Array(count).map((_, index) => (words[index]! >>> 8) / 2 ** 23 - 1);
}

/** Weights of a model: of about the size that training gives them. */
export function formulaWeights(name: string, shape: readonly number[]): Float32Array {
  const count = shape.reduce((product, size) => product * size, 1);
  const isFactor = name.endsWith("weight") && shape.length === 1;
  const scale = name.endsWith("weight") && shape.length > 1 ? Math.sqrt(3 / (count / shape[0]!)) : 1 / 4;
  const middle = isFactor ? 1 : name.endsWith("lambda1") ? 1 / 2 : 0;
  return formulaUnits(name, count).map((unit) => unit * scale + middle);
}
