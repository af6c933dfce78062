import { copyParameters, type EncoderFactory, type Float, type ForwardContext, type ParameterMap, prefixParameters, withoutGradient } from "@ssl-vit/core";
import { concat, split, tidy } from "@tensorflow/tfjs-core";
import type { MlpHead } from "./create-mlp-head.js";
import { type ProjectedEncoder, projectedEncoder } from "./projected-encoder.js";

/** A student and the teacher that follows it (BYOL's online and target network, MoCo's query and key). */
export interface StudentAndTeacher {
  readonly student: ProjectedEncoder;
  /** Starts as the student's copy. */
  readonly teacher: ProjectedEncoder;
  /** All of both that is saved but not trained: `teacher.*`, and the student's own buffers. */
  readonly buffers: ParameterMap;
  /** The teacher's projections of views of one size, [B, K] each, the caller's; constants to every gradient. */
  targetViews(views: readonly Float<"B Y X C">[], context?: ForwardContext): Float<"B D">[];
}

/**
 * Makes both.
 *
 * @param createProjector called once for each, with the width of the encoder's tokens
 */
export function studentAndTeacher(encoders: EncoderFactory, createProjector: (inputDim: number) => MlpHead): StudentAndTeacher {
  const create = (role: "student" | "teacher"): ProjectedEncoder => {
    const encoder = encoders(role);
    return projectedEncoder(encoder, createProjector(encoder.layout.embedDim));
  };
  const [student, teacher] = [create("student"), create("teacher")];
  copyParameters(student.parameters, teacher.parameters);
  return {
    student,
    teacher,
    buffers: { ...prefixParameters({ teacher: { ...teacher.parameters, ...teacher.buffers } }), ...student.buffers },
    targetViews: (views, context) =>
      tidy(() => {
        const all = withoutGradient(() => concat(teacher.projectViews([views], context))); // [V·B, K]
        return split<Float<"B D">>(all, views.length);
      }),
  };
}
