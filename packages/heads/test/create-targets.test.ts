import { type Collective, createRandom, type Float, singleProcess } from "@ssl-vit/core";
import { sinkhornKnopp } from "@ssl-vit/losses";
import { expectNoLeaks, onRanks } from "@ssl-vit/testing";
import { concat, dispose, div, grad, slice, softmax, sub, sum, tensor2d, tidy, zeros } from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { createTargets, type Targets } from "../src/index.js";

const rows = 7;
const scores: Float<"B K"> = tensor2d(createRandom(5).normals(rows * 4).map((value) => value / 3), [rows, 4]);
const options = { temperature: 0.1, collective: singleProcess };
const free = ({ buffers }: Targets): void => { dispose(Object.values(buffers)); };
const centerOf = ({ buffers }: Targets): number[] => [...Object.values(buffers)[0]!.dataSync()];

describe("targets by a center", () => {
  it("are the softmax of the scores less the mean of earlier ones", () => {
    const targets = createTargets({ kind: "center", prototypes: 4, name: "patch_center" });
    expect(Object.keys(targets.buffers)).toEqual(["patch_center"]);
    expect(targets.of(scores, options)).toBeAllClose(softmax(div(scores, 0.1)));
    targets.advance();
    const mean = centerOf(targets).map((value) => value * 10);
    expect(mean).toBeAllClose([...div(sum(scores, 0), rows).dataSync()], { absolute: 1e-6 });
    expect(targets.of(scores, options)).toBeAllClose(softmax(div(sub(scores, tensor2d(mean.map((value) => value / 10), [1, 4])), 0.1)));
    targets.advance();
    expect(centerOf(targets)).toBeAllClose(mean.map((value) => 0.19 * value), { absolute: 1e-6 });
    free(targets);
  });

  it("count the first rows only, and stay where none counts", () => {
    const [some, first] = [createTargets({ kind: "center", prototypes: 4 }), createTargets({ kind: "center", prototypes: 4 })];
    dispose([some.of(scores, { ...options, count: 3 }), first.of(slice(scores, 0, 3), options)]);
    for (const targets of [some, first]) targets.advance();
    expect(centerOf(some)).toEqual(centerOf(first));
    const before = centerOf(some);
    some.of(scores, { ...options, count: 0 }).dispose();
    some.advance();
    expect(centerOf(some)).toBeAllClose(before, { relative: 1e-6 });
    for (const targets of [some, first]) free(targets);
  });
});

describe("targets by Sinkhorn-Knopp", () => {
  it("are three iterations of it at the temperature, without a buffer", () => {
    const targets = createTargets({ kind: "sinkhorn", prototypes: 4 });
    expect(targets.buffers).toEqual({});
    expect(targets.of(scores, options)).toBeAllClose(sinkhornKnopp(scores, { epsilon: 0.1, iterations: 3 }), { absolute: 0, relative: 0 });
    targets.advance();
  });

  it("count the first rows only", () => {
    const targets = createTargets({ kind: "sinkhorn", prototypes: 4 });
    const all = targets.of(scores, { ...options, count: 3 });
    expect(all.shape).toEqual([rows, 4]);
    expect(slice(all, 0, 3)).toBeAllClose(targets.of(slice(scores, 0, 3), options), { absolute: 0, relative: 0 });
  });
});

describe.each(["center", "sinkhorn"] as const)("targets by %s", (kind) => {
  it("are those of the whole batch on processes with different numbers of rows, also with none", () => {
    const sizes = [[0, 5], [5, 0], [5, 2]] as const;
    const on = (targets: Targets, collective: Collective, part: Float<"B K">, count: number): Float<"B K"> => targets.of(part, { temperature: 0.1, collective, count });
    const ranks = onRanks(3, (collective) => {
      const targets = createTargets({ kind, prototypes: 4 });
      const [start, count] = sizes[collective.rank]!;
      // A process without rows brings one that stands in.
      const of = on(targets, collective, count === 0 ? zeros([1, 4]) : slice(scores, start, count), count);
      targets.advance();
      const center = Object.values(targets.buffers).map((buffer) => [...buffer.dataSync()]);
      free(targets);
      return { of, center };
    });
    const whole = createTargets({ kind, prototypes: 4 });
    const expected = whole.of(scores, options);
    whole.advance();
    expect(concat([ranks[0]!.of, ranks[2]!.of])).toBeAllClose(expected);
    expect(ranks[1]!.of.shape).toEqual([1, 4]);
    for (const { center } of ranks) for (const values of center) expect(values).toBeAllClose(centerOf(whole), { absolute: 1e-6 });
    free(whole);
  });

  it("are shown without a trace: as `of` gives them, and the center does not hear of it", async () => {
    const [looked, alone] = [createTargets({ kind, prototypes: 4 }), createTargets({ kind, prototypes: 4 })];
    for (const targets of [looked, alone]) {
      targets.of(scores, options).dispose();
      targets.advance();
    }
    const shown = looked.show(scores, options);
    expect(shown).toMatchObject({ kind: "prototypes", temperature: 0.1 });
    expect(shown.probabilities).toBeAllClose(alone.of(scores, options), { absolute: 0, relative: 0 });
    expect(shown.scores).toBeAllClose(kind === "center" ? sub(scores, alone.buffers["center"]!) : scores, { absolute: 0, relative: 0 });
    dispose([shown.scores, shown.probabilities]);
    expect(scores.isDisposed).toBe(false);
    looked.of(scores, options).dispose();
    for (const targets of [looked, alone]) targets.advance();
    if (kind === "center") expect(centerOf(looked)).toEqual(centerOf(alone));
    await expectNoLeaks(() => {
      const { scores: shownScores, probabilities } = looked.show(scores, options);
      dispose([shownScores, probabilities]);
    });
    for (const targets of [looked, alone]) free(targets);
  });

  it("are constants to the gradient, and leave no tensor behind", async () => {
    const targets = createTargets({ kind, prototypes: 4 });
    expect(() => grad((x) => sum(targets.of(x as Float<"B K">, options)))(scores)).toThrow(/gradient/);
    targets.advance();
    await expectNoLeaks(() => {
      targets.of(scores, options).dispose();
      tidy(() => { targets.of(scores, { ...options, count: 2 }); });
      targets.advance();
    });
    free(targets);
  });
});
