import { ConfigError } from "@ssl-vit/core";
import type { TranslatedEncoder } from "./encoder-tensors.js";

/** What the shapes of an encoder's tensors say. */
export interface EncoderFacts {
  readonly embedDim: number;
  readonly depth: number;
  readonly patchSize: number;
  readonly channels: number;
  readonly mlp: "gelu" | "swiglu";
  /** Width of the perceptron between its layers, of SwiGLU that of a half; undefined where its layers are missing. */
  readonly hiddenDim: number | undefined;
  readonly qkvBias: boolean;
  readonly clsToken: boolean;
  readonly registerTokens: number;
  readonly layerScale: boolean;
  /** Rows of the position embedding; undefined where there is none. */
  readonly positions: number | undefined;
}

/**
 * Reads sizes off the tensors.
 *
 * @throws ConfigError when a tensor has a shape that no Vision Transformer has
 */
export function encoderFacts({ tensors, sources }: TranslatedEncoder): EncoderFacts {
  const { names } = tensors;
  const shapeOf = (name: string, expected: string, holds: (shape: readonly number[]) => boolean): readonly number[] | undefined => {
    if (!names.has(name)) return undefined;
    const shape = tensors.shape(name);
    if (holds(shape)) return shape;
    throw new ConfigError({ package: "weights", what: `tensor ${sources.get(name)!.join(" with ")}`, expected: `shape ${expected}`, received: `[${shape.join(", ")}]` });
  };
  const kernel = shapeOf("patch_embed.proj.weight", "[width, channels, patch, patch]", (shape) => shape.length === 4 && shape[2] === shape[3] && shape.every((size) => size > 0))!;
  const [embedDim = 0, channels = 0, patchSize = 0] = kernel;
  const isMatrix = (shape: readonly number[]): boolean => shape.length === 2 && shape.every((size) => size > 0);
  const first = shapeOf("blocks.0.mlp.fc1.weight", "[hidden, width]", isMatrix)?.[0];
  const fits = (hidden: number | undefined): boolean => first === undefined || hidden === first || hidden === first / 2;
  const second = shapeOf("blocks.0.mlp.fc2.weight", first === undefined ? "[width, hidden]" : `[width, ${first}] or, of SwiGLU, [width, ${first / 2}]`, (shape) => isMatrix(shape) && fits(shape[1]));
  const tokens = (name: string): number | undefined => shapeOf(name, `[1, count, ${embedDim}]`, (shape) => shape.length === 3 && shape[0] === 1 && shape[2] === embedDim)?.[1];
  return {
    embedDim,
    depth: countBlocks(names, (name) => sources.get(name)!),
    patchSize,
    channels,
    mlp: first === undefined || second === undefined || second[1] === first ? "gelu" : "swiglu",
    hiddenDim: second?.[1] ?? first,
    qkvBias: names.has("blocks.0.attn.qkv.bias"),
    clsToken: tokens("cls_token") !== undefined,
    registerTokens: tokens("reg_token") ?? 0,
    layerScale: names.has("blocks.0.ls1.gamma"),
    positions: tokens("pos_embed"),
  };
}

/**
 * Blocks up to the last of which more than a stray tensor is there.
 *
 * @throws ConfigError for a number above that of all tensors: a damaged name would make a network without end
 */
function countBlocks(names: ReadonlySet<string>, sourcesOf: (name: string) => readonly string[]): number {
  const tensorsOf = new Map<number, number>();
  for (const name of names) {
    const index = blockIndex(name, "blocks", names, sourcesOf);
    if (index !== undefined) tensorsOf.set(index, (tensorsOf.get(index) ?? 0) + 1);
  }
  return Math.max(0, ...[...tensorsOf].map(([index, count]) => (count > 3 ? index + 1 : 0)));
}

/** The block that a tensor is of, by its name; undefined for one of none. */
export function blockIndex(name: string, blocks: "blocks" | "decoder_blocks", names: ReadonlySet<string>, sourcesOf: (name: string) => readonly string[]): number | undefined {
  const [, digits] = /^(?:decoder_)?blocks\.(\d+)\./.exec(name.startsWith(`${blocks}.`) ? name : "") ?? [];
  if (digits === undefined) return undefined;
  if (Number(digits) < names.size) return Number(digits);
  throw new ConfigError({ package: "weights", what: `tensor ${sourcesOf(name).join(" with ")}`, expected: `a block below ${names.size}, the number of tensors`, received: digits, fix: "The name is damaged." });
}
