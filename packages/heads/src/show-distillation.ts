import { type DiagnosticSignals, type Float, type ForwardContext, pooledFeatures, type ScoredAlternatives, tidySignals } from "@ssl-vit/core";
import { scoredPrototypes } from "@ssl-vit/losses";
import { concat, split } from "@tensorflow/tfjs-core";
import type { PrototypeHead } from "./create-prototype-head.js";
import type { DistillationPair } from "./distillation-pair.js";

/** What the loss makes of scores, the student's and the teacher's. */
export interface ShownScores {
  readonly studentTemperature: number;
  /** [2·B, K], view by view → the teacher's targets; must leave no trace (`Targets.show`). */
  readonly targetsOf: (teacherScores: Float<"B K">) => ScoredAlternatives;
}

/**
 * What student and teacher say of whole images, for the `signals` of a method that compares two global views by [CLS]: embeddings and targets are
 * the bottlenecks of both views, before the prototypes. Of each view the student's scores stand against the teacher's of the other one, which are
 * the pairs of the loss.
 *
 * @param pair with a head named `head` for [CLS]
 * @param views two of one size, [B, Y, X, C]
 * @returns `embeddings`, `targets`, `student` and `teacher`, the caller's
 */
export function showDistillation(
  { student, teacher }: DistillationPair<{ readonly head: PrototypeHead }>,
  views: readonly Float<"B Y X C">[],
  { studentTemperature, targetsOf }: ShownScores,
  context: ForwardContext,
): DiagnosticSignals {
  return tidySignals(() => {
    const images = concat([...views]); // [2B, Y, X, C]
    const embedded = split<Float<"B D">>(student.heads.head.embed(pooledFeatures(student.encoder, images, context)), 2);
    const target = teacher.heads.head.embed(pooledFeatures(teacher.encoder, images)); // [2B, D]
    return {
      embeddings: embedded,
      targets: split<Float<"B D">>(target, 2),
      student: scoredPrototypes(student.heads.head.score(concat([embedded[1]!, embedded[0]!])), studentTemperature),
      teacher: targetsOf(teacher.heads.head.score(target)),
    };
  });
}
