import { matMul, setBackend, tensor2d, tidy } from "@tensorflow/tfjs-core";

/**
 * Makes a registered tfjs backend the current one and has it compute something, so that an engine that only seems to load is found
 * out here and not in the middle of a run.
 *
 * @throws Error with the reason
 */
export async function startBackend(backend: string): Promise<void> {
  if (!(await setBackend(backend))) throw new Error(`the tfjs backend "${backend}" did not start`);
  const product = tidy(() => matMul(tensor2d([[1, 2], [3, 4]]), tensor2d([[5], [6]])).dataSync());
  if (product[0] !== 17 || product[1] !== 39) throw new Error(`the tfjs backend "${backend}" computes wrong matrix products`);
}
