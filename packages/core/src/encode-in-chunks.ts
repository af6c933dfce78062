/**
 * Gradient caching: a batch of any size through an encoder in the memory of a small one, exactly. The encoder runs on a few rows at a time
 * and nothing of its inside is kept; the loss, and every head before it, sees the whole batch; then each chunk runs once more, recorded, and
 * takes its share of the loss's gradient on the embeddings.
 *
 * Paper: Gao et al., "Scaling Deep Contrastive Learning Batch Size under Memory Limited Setup", https://arxiv.org/abs/2101.06983.
 * Checked against: the same loss and gradients without chunks.
 * Deviations: drop path draws a row's numbers by its place in the batch, so that the second pass needs no saved state of a generator.
 */
import { add, concat, dispose, engine, slice, split, type Tensor, tidy, zerosLike } from "@tensorflow/tfjs-core";
import type { Float } from "./axes.js";
import type { Encoder, EncoderFactory, ForwardContext } from "./encoder.js";
import { ConfigError } from "./errors.js";
import { withGradient } from "./with-gradient.js";

/** Options of `encodeInChunks`. */
export interface ChunkOptions {
  /** Images that go through the encoder at a time: views, so that a batch of 256 images with two views each is 512. */
  readonly microBatch: number;
}

/**
 * Encoders whose passes (`encode`, `encodeTokens`, `encodeBlocks`, `encodeNormalizedBlocks`, `encodeCls`) take at most `microBatch` images at a
 * time. Results, gradients and draws are those of the whole batch, but for rounding; a training step computes their forward pass twice. No method knows:
 * `simclr(encodeInChunks(vit({ size: "tiny" }), { microBatch: 64 }))`.
 *
 * @param encoders of a network that treats each image by itself; one with BatchNorm would see the statistics of a chunk
 * @throws ConfigError for a `microBatch` that is no whole number of at least 1
 */
export function encodeInChunks(encoders: EncoderFactory, { microBatch }: ChunkOptions): EncoderFactory {
  if (!(Number.isInteger(microBatch) && microBatch >= 1)) {
    throw new ConfigError({ package: "core", what: "microBatch", expected: "a whole number of at least 1", received: String(microBatch) });
  }
  return (role) => {
    const encoder = encoders(role);
    const parameters = Object.values(encoder.parameters);
    const chunked = <In extends Tensor, Out extends Tensor>(pass: Pass<In, Out>): Pass<In, Out> => inChunks(pass, parameters, microBatch);
    // The blocks' outputs side by side are one result, [B, N, blocks·D].
    const blocksInChunks =
      (blocks: NonNullable<Encoder["encodeBlocks"]>): NonNullable<Encoder["encodeBlocks"]> =>
      (tokens, count, context) =>
        tidy(() => {
          const together = chunked<Float<"B P D">, Float<"B N D">>((rows, within) => concat(blocks(rows, count, within), 2))(tokens, context);
          // The gradient of a split into one part is broken in tfjs-core.
          return count === 1 ? [together] : split(together, count, 2);
        });
    return {
      ...encoder,
      microBatch,
      encode: chunked((images, context) => encoder.encode(images, context)),
      encodeTokens: chunked((tokens, context) => encoder.encodeTokens(tokens, context)),
      ...(encoder.encodeBlocks === undefined ? {} : { encodeBlocks: blocksInChunks((rows, count, within) => encoder.encodeBlocks!(rows, count, within)) }),
      ...(encoder.encodeNormalizedBlocks === undefined
        ? {}
        : { encodeNormalizedBlocks: blocksInChunks((rows, count, within) => encoder.encodeNormalizedBlocks!(rows, count, within)) }),
      ...(encoder.encodeCls === undefined ? {} : { encodeCls: chunked<Float<"B Y X C">, Float<"B D">>((images, context) => encoder.encodeCls!(images, context)) }),
    };
  };
}

/** What an encoder makes of rows, each by itself. */
type Pass<In extends Tensor, Out extends Tensor> = (input: In, context?: ForwardContext) => Out;

function inChunks<In extends Tensor, Out extends Tensor>(pass: Pass<In, Out>, parameters: readonly Tensor[], microBatch: number): Pass<In, Out> {
  return (input, context) => {
    const rows = input.shape[0];
    if (rows <= microBatch) return pass(input, context);
    const starts = Array.from({ length: Math.ceil(rows / microBatch) }, (_, chunk) => chunk * microBatch);
    const chunkOf = <T extends Tensor>(whole: T, start: number): T => slice(whole, start, Math.min(microBatch, rows - start));
    const passAt = (chunk: In, start: number): Out => pass(chunk, context && { ...context, firstRow: (context.firstRow ?? 0) + start });
    return withGradient(
      [input, ...parameters],
      (save) => {
        save([input]);
        return concat(starts.map((start) => tidy(() => passAt(chunkOf(input, start), start))));
      },
      (dy, saved) => {
        const ofInput: Tensor[] = [];
        let ofParameters: Tensor[] = [];
        for (const start of starts) {
          const [dChunk, ...more] = tidy(() => {
            const chunk = chunkOf(saved[0] as In, start);
            return gradientsWithin(() => passAt(chunk, start), [chunk, ...parameters], chunkOf(dy, start));
          });
          ofInput.push(dChunk!);
          const sums = start === 0 ? more : ofParameters.map((sum, index) => add(sum, more[index]!));
          if (start > 0) dispose([...ofParameters, ...more]);
          ofParameters = sums;
        }
        return [concat(ofInput), ...ofParameters];
      },
    );
  };
}

/** Gradients of a result in its inputs, from the gradient on the result, inside the backward pass of another. The caller owns them. */
function gradientsWithin(compute: () => Tensor, inputs: Tensor[], dy: Tensor): Tensor[] {
  const { state } = engine();
  // tfjs has room for one tape: a new one takes the place of that of the running backward pass, and is gone in the end. But the running
  // pass comes back to its tape, to free what was saved on it.
  const outerTape = state.activeTape;
  try {
    const { value, grads } = engine().gradients(compute, inputs, dy, true);
    value.dispose();
    // What a pass does not reach has no gradient: the patch embedding, when it starts at tokens.
    return inputs.map((input, index) => (grads as (Tensor | null | undefined)[])[index] ?? zerosLike(input));
  } finally {
    state.activeTape = outerTape;
  }
}
