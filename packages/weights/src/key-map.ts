/** One of our tensors, or a part of one: queries, keys and values of some libraries are three of them. */
interface OwnTensor {
  /** As in timm, which is as in our encoders: `blocks.0.attn.qkv.weight`. */
  readonly name: string;
  readonly part: number;
  readonly parts: number;
}

/** How a library names the tensors of a Vision Transformer, both ways. Layouts are PyTorch's everywhere, ours included. */
export interface KeyMap {
  /** The library, and the models whose names these are, for messages. */
  readonly family: string;
  /** A tensor that every encoder of this family has, and no other. */
  readonly anchor: string;
  /** What a tensor is in an encoder of ours; `"ignored"` for what is known and belongs to none (heads, poolers, mask tokens); undefined for a name that is not known. */
  toOurs(name: string): OwnTensor | "ignored" | undefined;
  /** The tensors that one of ours is made of, one below the other. */
  toTheirs(name: string): readonly string[];
}

/** A name of theirs (or several, of the parts one below the other), and ours. `#` stands for a block's number. */
export type KeyRule = readonly [theirs: string | readonly string[], ours: string];

/** Rules for layers, whose weight and bias have one name: `norm` stands for `norm.weight` and `norm.bias`. */
export const layerRules = (rules: readonly KeyRule[]): readonly KeyRule[] =>
  rules.flatMap(([theirs, ours]) =>
    ["weight", "bias"].map((leaf): KeyRule => [typeof theirs === "string" ? `${theirs}.${leaf}` : theirs.map((name) => `${name}.${leaf}`), `${ours}.${leaf}`]),
  );

/** Rules below a prefix on either side. */
export const prefixRules = (theirPrefix: string, ourPrefix: string, rules: readonly KeyRule[]): readonly KeyRule[] =>
  rules.map(([theirs, ours]) => [typeof theirs === "string" ? theirPrefix + theirs : theirs.map((name) => theirPrefix + name), ourPrefix + ours]);

/** What `createKeyMap` makes a map of. */
interface KeyMapParts {
  readonly family: string;
  readonly anchor: string;
  /** Of two rules for one name of ours, the first is what is written. */
  readonly rules: readonly KeyRule[];
  readonly ignored: RegExp;
}

/** A key map from a table of names. */
export function createKeyMap({ family, anchor, rules, ignored }: KeyMapParts): KeyMap {
  const theirsOf = new Map<string, readonly string[]>();
  const oursOf = new Map<string, OwnTensor>();
  for (const [theirs, ours] of rules) {
    const parts = typeof theirs === "string" ? [theirs] : theirs;
    if (!theirsOf.has(ours)) theirsOf.set(ours, parts);
    for (const [part, name] of parts.entries()) oursOf.set(name, { name: ours, part, parts: parts.length });
  }
  return {
    family,
    anchor,
    toOurs: (name) => {
      const { pattern, index } = numbered(name);
      const found = oursOf.get(pattern);
      if (found !== undefined) return { ...found, name: found.name.replace("#", index) };
      return ignored.test(name) ? "ignored" : undefined;
    },
    toTheirs: (name) => {
      const { pattern, index } = numbered(name);
      return (theirsOf.get(pattern) ?? []).map((theirs) => theirs.replace("#", index));
    },
  };
}

/** A name with `#` for its first number: that of its block. */
function numbered(name: string): { readonly pattern: string; readonly index: string } {
  const index = /\.(\d+)\./.exec(name)?.[1];
  return index === undefined ? { pattern: name, index: "" } : { pattern: name.replace(`.${index}.`, ".#."), index };
}
