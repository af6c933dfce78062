import { ConfigError, type ParameterMap } from "@ssl-vit/core";
import type { EncoderTensors, FileNames } from "./encoder-tensors.js";
import { fillVariables } from "./fill-variables.js";
import { firstNonFinite } from "./first-non-finite.js";

/**
 * Copies tensors into variables, one by one. Disposes the variables where it fails.
 *
 * @throws ConfigError when names are missing or unexpected (both lists, sorted), a shape is another, or a value is no finite number
 */
export async function assignTensors(variables: ParameterMap, tensors: EncoderTensors, file: FileNames, location: string): Promise<void> {
  try {
    assertTensors(new Map(Object.entries(variables).map(([name, { shape }]) => [name, shape])), tensors, file, location);
    await fillVariables(variables, tensors, (name, values) => { assertFinite(values, shown(name, file, location)); });
  } catch (error) {
    for (const variable of Object.values(variables)) variable.dispose();
    throw error;
  }
}

const shown = (name: string, { sources }: FileNames, location: string): string => `${location}: tensor ${sources.get(name)?.join(", ") ?? name}`;

/**
 * Refuses a file that does not have the tensors that a network needs.
 *
 * @param shapes of the network's, by name
 * @throws ConfigError when names are missing or unexpected (both lists, sorted), or a shape is another
 */
export function assertTensors(shapes: ReadonlyMap<string, readonly number[]>, tensors: EncoderTensors, file: FileNames, location: string): void {
  assertNames(shapes, tensors, file, location);
  for (const [name, expected] of shapes) {
    const shape = tensors.shape(name);
    if (shape.join() === expected.join()) continue;
    throw new ConfigError({ package: "weights", what: shown(name, file, location), expected: `shape [${expected.join(", ")}]`, received: `[${shape.join(", ")}]` });
  }
}

/** Names in a message, each once. */
export const sortedNames = (names: readonly string[]): string => (names.length === 0 ? "none" : [...new Set(names)].sort().join(", "));

function assertNames(shapes: ReadonlyMap<string, unknown>, tensors: EncoderTensors, { unknown, sources, missing: missingOf }: FileNames, location: string): void {
  const missing = [...shapes.keys()].filter((name) => !tensors.names.has(name)).flatMap(missingOf);
  const besides = [...sources].filter(([name]) => !shapes.has(name) && !tensors.leftOut.has(name));
  const unexpected = [...unknown, ...besides.flatMap(([, names]) => names)];
  if (missing.length === 0 && unexpected.length === 0) return;
  throw new ConfigError({
    package: "weights",
    what: location,
    expected: "the tensors of its Vision Transformer, no more and no fewer",
    received: `missing: ${sortedNames(missing)}; unexpected: ${sortedNames(unexpected)}`,
  });
}

function assertFinite(values: Float32Array, what: string): void {
  const index = firstNonFinite(values);
  if (index === -1) return;
  throw new ConfigError({ package: "weights", what, expected: "finite numbers", received: `${values[index]!} at position ${index} of ${values.length}`, fix: "The model was saved after its training had diverged." });
}
