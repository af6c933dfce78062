import { createRandom, disposeSignals, type Encoder, type Float, type ForwardContext, singleProcess } from "@ssl-vit/core";
import { normal } from "@ssl-vit/nn";
import { expectNoLeaks } from "@ssl-vit/testing";
import { concat, dispose, mean, tensor4d } from "@tensorflow/tfjs-core";
import { afterAll, expect, it } from "vitest";
import { createPrototypeHead, createTargets, distillationPair, showDistillation } from "../src/index.js";

const random = createRandom(7);
/** Contexts of the student's and the teacher's passes. */
const contexts: Record<"student" | "teacher", unknown[]> = { student: [], teacher: [] };
/** Its feature of an image is the mean of its pixels, channel by channel. */
function encoders(role: "student" | "teacher"): Encoder {
  const encodeCls = (images: Float<"B Y X C">, context?: ForwardContext): Float<"B D"> => {
    contexts[role].push(context);
    return mean(images, [1, 2]);
  };
  return { layout: { embedDim: 3, hasClsToken: true }, parameters: {}, buffers: {}, encodeCls } as unknown as Encoder;
}
const pair = distillationPair(encoders, (inputDim) => ({ head: createPrototypeHead(random.derive("head"), { inputDim, hiddenDim: 4, bottleneckDim: 2, prototypes: 5 }) }));
const views = ["first", "second"].map((name): Float<"B Y X C"> => tensor4d(random.derive(name).normals(36), [3, 2, 2, 3]));
const context: ForwardContext = { training: true, random, collective: singleProcess, movesStatistics: false };
// The teacher goes its own way.
for (const parameter of Object.values(pair.teacher.heads.head.parameters)) {
  const other = normal(random.derive("teacher"), parameter.shape, 1);
  parameter.assign(other);
  other.dispose();
}
const targets = createTargets({ kind: "center", prototypes: 5 });
const targetsOf = (scores: Float<"B K">) => targets.show(scores, { temperature: 0.04, collective: singleProcess });
afterAll(() => {
  dispose([...views, ...[pair.student, pair.teacher].flatMap(({ parameters }) => Object.values(parameters)), ...Object.values(targets.buffers)]);
});

it("shows the bottlenecks of both views, and of each view the student's scores against the teacher's of the other", () => {
  const { student: { heads: { head } }, teacher: { heads: { head: teacherHead } } } = pair;
  const { embeddings, targets: shown, student, teacher } = showDistillation(pair, views, { studentTemperature: 0.1, targetsOf }, context);
  const features = views.map((view) => mean<Float<"B D">>(view, [1, 2]));
  for (const [view, feature] of features.entries()) {
    expect(embeddings![view]!).toBeAllClose(head.embed(feature), { absolute: 1e-6 });
    expect(shown![view]!).toBeAllClose(teacherHead.embed(feature), { absolute: 1e-6 });
  }
  expect([...shown![0]!.dataSync()]).not.toEqual([...embeddings![0]!.dataSync()]);
  expect(student!.scores).toBeAllClose(head.apply(concat([features[1]!, features[0]!])), { absolute: 1e-6 });
  expect(teacher!.scores).toBeAllClose(teacherHead.apply(concat(features)), { absolute: 1e-6 });
  expect([student!.temperature, teacher!.temperature]).toEqual([0.1, 0.04]);
  // In training the student alone.
  expect(contexts).toEqual({ student: [context], teacher: [undefined] });
});

it("leaves no tensor behind but what it shows", async () => {
  await expectNoLeaks(() => { disposeSignals(showDistillation(pair, views, { studentTemperature: 0.1, targetsOf }, context)); });
});
