import { refusedFile } from "./refused-file.js";
import { pickledAs, type PickledTensor, pickleText, type PickleValue } from "./pickle-value.js";

/** Where checkpoints hold weights, the likeliest first: DINO's and I-JEPA's teachers are what their papers evaluate. */
const USUAL = ["model", "state_dict", "teacher", "target_encoder", "encoder", "student"];

/** A state dict may lie in `checkpoint["a"]["b"]`, hardly deeper. */
const DEEPEST = 3;
/** Dictionaries that are looked into. */
const MOST_LOOKED_INTO = 10_000;

/** Tensors by name. */
export type PickledTensors = ReadonlyMap<string, PickledTensor>;

/** The values of a dictionary that are tensors; other things in it, as counters, are none of the weights. */
function tensorsIn(dictionary: ReadonlyMap<PickleValue, PickleValue>): Map<string, PickledTensor> {
  const tensors = new Map<string, PickledTensor>();
  for (const [name, value] of dictionary) {
    const tensor = pickledAs("tensor", value);
    if (tensor !== undefined && typeof name === "string") tensors.set(name, tensor);
  }
  return tensors;
}

/** Every dictionary with tensors, by the keys that lead to it, joined with dots; "" is the whole file. */
function candidatesIn(value: PickleValue): Map<string, PickledTensors> {
  const candidates = new Map<string, PickledTensors>();
  const seen = new Set<PickleValue>();
  let open: (readonly [string, PickleValue])[] = [["", value]];
  for (let depth = 0; depth <= DEEPEST; depth++) {
    const deeper: (readonly [string, PickleValue])[] = [];
    for (const [path, dictionary] of open) {
      if (!(dictionary instanceof Map) || seen.has(dictionary) || seen.size >= MOST_LOOKED_INTO) continue;
      seen.add(dictionary);
      const tensors = tensorsIn(dictionary);
      if (tensors.size > 0) candidates.set(path, tensors);
      // An optimizer numbers its parameters: what is under a number has no name.
      for (const [key, part] of dictionary) if (typeof key === "string" && part instanceof Map) deeper.push([path === "" ? key : `${path}.${key}`, part]);
    }
    open = deeper;
  }
  return candidates;
}

const described = (candidates: ReadonlyMap<string, PickledTensors>): string =>
  [...candidates].slice(0, 20).map(([path, tensors]) => `${path === "" ? "the file itself" : `"${path}"`} (${tensors.size} tensors)`).join(", ");

function chosen(candidates: ReadonlyMap<string, PickledTensors>): PickledTensors | undefined {
  const whole = candidates.get("");
  for (const path of USUAL) {
    const usual = candidates.get(path);
    // A checkpoint may hold a tensor beside its weights; weights may have a part of that name.
    if (usual !== undefined && usual.size >= (whole?.size ?? 0)) return usual;
  }
  return whole ?? (candidates.size === 1 ? [...candidates.values()][0] : undefined);
}

/**
 * The state dict in what a file holds: itself, or the one under the keys `inside`, or without these the one that checkpoints usually keep the weights in.
 *
 * @throws ConfigError that lists what there is
 */
export function findStateDict(location: string, value: PickleValue, inside?: string): PickledTensors {
  const candidates = candidatesIn(value);
  if (candidates.size === 0) throw refusedFile(location, "tensors by name", pickleText(value), "Save a state dict: torch.save(model.state_dict(), path).");
  const found = inside === undefined ? chosen(candidates) : candidates.get(inside);
  if (found !== undefined) return found;
  if (inside === undefined) throw refusedFile(location, "one state dict", described(candidates), "Say which by inside.");
  throw refusedFile(`${location}, inside`, described(candidates), `"${inside}"`, "Name one of them.");
}
