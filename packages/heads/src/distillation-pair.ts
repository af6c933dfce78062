import { copyParameters, type Encoder, type EncoderFactory, type ParameterMap, prefixParameters } from "@ssl-vit/core";

/** Heads by the names that their parameters begin with. */
type Heads = Readonly<Record<string, { readonly parameters: ParameterMap; readonly buffers: ParameterMap }>>;

/** An encoder and the heads on its tokens. */
export interface EncoderWithHeads<H extends Heads> {
  readonly encoder: Encoder;
  readonly heads: H;
  /** `encoder.*` and each head's, under its name. */
  readonly parameters: ParameterMap;
  readonly buffers: ParameterMap;
}

/** A student and the teacher that is its moving average (DINO, iBOT, DINOv2). */
export interface DistillationPair<H extends Heads> {
  readonly student: EncoderWithHeads<H>;
  /** Starts as the student's copy. */
  readonly teacher: EncoderWithHeads<H>;
  /** All that is saved but not trained: `teacher.*`, and the student's own buffers. */
  readonly buffers: ParameterMap;
}

/**
 * Makes both.
 *
 * @param createHeads called once for each, with the width of the encoder's tokens
 */
export function distillationPair<H extends Heads>(encoders: EncoderFactory, createHeads: (inputDim: number) => H): DistillationPair<H> {
  const create = (role: "student" | "teacher"): EncoderWithHeads<H> => {
    const encoder = encoders(role);
    const heads = createHeads(encoder.layout.embedDim);
    const of = (kind: "parameters" | "buffers"): ParameterMap =>
      prefixParameters({ encoder: encoder[kind], ...Object.fromEntries(Object.entries(heads).map(([name, head]) => [name, head[kind]])) });
    return { encoder, heads, parameters: of("parameters"), buffers: of("buffers") };
  };
  const [student, teacher] = [create("student"), create("teacher")];
  copyParameters(student.parameters, teacher.parameters);
  return { student, teacher, buffers: { ...prefixParameters({ teacher: { ...teacher.parameters, ...teacher.buffers } }), ...student.buffers } };
}
