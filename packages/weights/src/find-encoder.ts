import { ConfigError } from "@ssl-vit/core";
import type { KeyMap } from "./key-map.js";

/** Whose weights a checkpoint of a method with two networks gives. */
export type Branch = "student" | "teacher";

/** Where an encoder's tensors lie in a file. */
export interface FoundEncoder {
  readonly keys: KeyMap;
  /** What stands before each of its names: `""`, `"vit."`, `"state_dict.module.base_encoder."`. */
  readonly prefix: string;
}

const student = [/\bstudent\b/, /base_encoder/, /(?<!target_)\bencoder\b/];
const teacher = [/\bteacher\b/, /target_encoder/, /momentum_encoder/];

/** What the authors evaluate: the teacher of DINO, iBOT, MSN and I-JEPA, but MoCo v3's base encoder. */
const evaluated = [/\bteacher\b/, /target_encoder/, /base_encoder/];

/**
 * Finds the encoder among the names of a file by a tensor that each has: the patch embedding's kernel.
 *
 * @param location of the file, for messages
 * @throws ConfigError when there is none, none of the branch asked for, or several that could be meant
 */
export function findEncoder(names: readonly string[], families: readonly KeyMap[], location: string, branch?: Branch): FoundEncoder {
  const found = families.flatMap((keys) =>
    names.filter((name) => name === keys.anchor || name.endsWith(`.${keys.anchor}`)).map((name) => ({ keys, prefix: name.slice(0, name.length - keys.anchor.length) })),
  );
  if (found.length === 0) throw noEncoder(names, families, location);
  const preferred = { student, teacher, evaluated }[branch ?? "evaluated"];
  for (const pattern of preferred) {
    const matching = found.filter(({ prefix }) => pattern.test(prefix));
    if (matching.length === 1) return matching[0]!;
  }
  const shown = found.map(({ prefix }) => (prefix === "" ? "the one without a prefix" : prefix)).join(", ");
  if (branch !== undefined) {
    throw new ConfigError({ package: "weights", what: "branch", expected: `a ${branch} in ${location}`, received: shown, fix: "Leave branch out." });
  }
  if (found.length === 1) return found[0]!;
  throw new ConfigError({ package: "weights", what: location, expected: "one encoder", received: shown, fix: 'Say which by branch: "student" or "teacher".' });
}

function noEncoder(names: readonly string[], families: readonly KeyMap[], location: string): ConfigError {
  const stem = names.find((name) => /\bpatch_embed\.(proj\.\d+|stem)\./.test(name));
  const isTransformers = names.some((name) => name.endsWith("patch_embeddings.projection.weight"));
  const other = isTransformers ? "It is a model of transformers. Its config.json is missing." : "It holds no Vision Transformer.";
  const fix = stem === undefined ? other : "Its patches are embedded by several convolutions, which is another model.";
  return new ConfigError({
    package: "weights",
    what: location,
    expected: `a tensor ${[...new Set(families.map(({ anchor }) => anchor))].join(" or ")}`,
    received: stem ?? `${names.length} tensors: ${[...names].sort().slice(0, 8).join(", ")}${names.length > 8 ? ", …" : ""}`,
    fix,
  });
}
