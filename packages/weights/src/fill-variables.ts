import type { ParameterMap } from "@ssl-vit/core";
import { backend, sum, tensor, type Variable } from "@tensorflow/tfjs-core";
import type { EncoderTensors } from "./encoder-tensors.js";

/** A backend that can hand out the memory of its tensors (@ssl-vit/backend-native). */
interface WithTensorMemory {
  /** Undefined where another tensor has the same memory, or may have. */
  memoryOf(variable: Variable): Float32Array | undefined;
}

/** Tensors that are read at a time: while the values of one are checked, the system fills in the next. */
const AT_A_TIME = 4;

/**
 * Reads tensors into variables of the same names and sizes: straight into a variable's memory where the backend hands it out and the file can be read so,
 * else one by one and by a copy.
 *
 * @param assertFinite throws where a value is no finite number
 */
export async function fillVariables(variables: ParameterMap, tensors: EncoderTensors, assertFinite: (name: string, values: Float32Array) => void): Promise<void> {
  const holder = backend() as Partial<WithTensorMemory>;
  const direct = new Map<string, Float32Array>();
  const assertFiniteIn = (name: string, memory: Float32Array): void => {
    // The backend's sum takes a fifth of the time of a loop here. One of finite numbers alone may be infinite, but one with others is never finite.
    const total = sum(variables[name]!);
    const [value] = total.dataSync();
    total.dispose();
    if (!Number.isFinite(value)) assertFinite(name, memory);
  };
  for (const [name, variable] of Object.entries(variables)) {
    const memory = tensors.readInto === undefined ? undefined : holder.memoryOf?.(variable);
    if (memory !== undefined) direct.set(name, memory);
  }
  await readAhead([...direct], (name, memory) => tensors.readInto!(name, memory), assertFiniteIn);
  for (const [name, variable] of Object.entries(variables)) {
    if (direct.has(name)) continue;
    const values = await tensors.read(name);
    assertFinite(name, values);
    const loaded = tensor(values, variable.shape);
    variable.assign(loaded);
    loaded.dispose();
  }
}

async function readAhead(
  targets: readonly (readonly [name: string, memory: Float32Array])[],
  read: (name: string, memory: Float32Array) => Promise<void>,
  use: (name: string, memory: Float32Array) => void,
): Promise<void> {
  const running: Promise<void>[] = [];
  const startNext = (index: number): void => {
    if (index >= targets.length) return;
    const reading = read(...targets[index]!);
    // Its failure is seen when its turn comes, and meanwhile is no error that nobody handles.
    reading.catch(() => undefined);
    running.push(reading);
  };
  try {
    for (let index = 0; index < AT_A_TIME; index++) startNext(index);
    for (const [index, [name, memory]] of targets.entries()) {
      await running.shift();
      startNext(index + AT_A_TIME);
      use(name, memory);
    }
  } finally {
    // Memory goes back to the backend after a failure: nobody may still write to it.
    await Promise.allSettled(running);
  }
}
