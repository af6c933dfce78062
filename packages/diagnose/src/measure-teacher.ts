import type { Method } from "@ssl-vit/core";
import type { Tensor, Variable } from "@tensorflow/tfjs-core";
import { squaredDistances } from "./squared-distances.js";

/**
 * Distance of student and teacher, as a share of the teacher's length, below which the teacher's move is lost in the rounding of float32: half a
 * unit of the last place, 2⁻²⁴ of a weight, is then 5e-4 of the distance.
 */
const resolvedFrom = 2 ** -24 / 5e-4;

/** A parameter of a teacher and the student's that it follows. */
export interface TeacherPair {
  readonly teacher: Variable;
  readonly student: Variable;
}

/** `teacher.NAME` of the buffers with what is trained as `NAME`, or as `encoder.NAME` where the teacher is an encoder alone. */
export function teacherPairs({ trainable, buffers }: Pick<Method, "trainable" | "buffers">): readonly TeacherPair[] {
  return Object.entries(buffers).flatMap(([name, teacher]) => {
    if (!name.startsWith("teacher.")) return [];
    const rest = name.slice("teacher.".length);
    const student = trainable[rest] ?? trainable[`encoder.${rest}`];
    return student === undefined ? [] : [{ teacher, student }];
  });
}

/**
 * `teacherDistance`: ‖teacher − student‖ ÷ ‖student‖. `teacherMomentum`, of an update alone: 1 − ‖teacher_new − teacher_old‖ ÷
 * ‖student_new − teacher_old‖, which is the momentum of the moving average whatever the option says; absent where student and teacher are
 * so near to each other that rounding would tell instead.
 *
 * @param before the teacher before the update, in the order of the pairs
 */
export function measureTeacher(pairs: readonly TeacherPair[], before: readonly Tensor[] | undefined): Record<string, number> {
  if (pairs.length === 0) return {};
  const [teachers, students] = [pairs.map(({ teacher }) => teacher), pairs.map(({ student }) => student)];
  const [distance, length, moved = Number.NaN, gap = Number.NaN, teacherLength = Number.NaN] = squaredDistances([
    [teachers, students],
    [students],
    ...(before === undefined ? [] : [[teachers, before] as const, [students, before] as const, [before] as const]),
  ]);
  const isResolved = gap > resolvedFrom ** 2 * teacherLength;
  return { teacherDistance: Math.sqrt(distance! / length!), ...(isResolved ? { teacherMomentum: 1 - Math.sqrt(moved / gap) } : {}) };
}
