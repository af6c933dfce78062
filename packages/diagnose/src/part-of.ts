/** Prefixes of the names that the modules of one head begin with (`decoder_embed`, `predictor_blocks.0`): a part each. */
const heads = ["decoder", "predictor"];

/**
 * The part of a method that a parameter belongs to: `patch_embed`, a block of the encoder (`blocks.0`), `encoder` for the rest of it, a head by
 * its name (`head`, `projector`, `decoder`).
 */
export function partOf(parameter: string): string {
  const isEncoder = parameter.startsWith("encoder.");
  const name = isEncoder ? parameter.slice("encoder.".length) : parameter;
  const [first = name, second] = name.split(".");
  if (first === "blocks" && second !== undefined) return `blocks.${second}`;
  if (first === "patch_embed") return first;
  if (isEncoder) return "encoder";
  return heads.find((head) => first.startsWith(`${head}_`)) ?? first;
}
