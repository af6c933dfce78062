import { disposeMethod, disposeSignals, type DiagnosticSignals, type Method, type MethodFactory, type ViewBatch } from "@ssl-vit/core";
import { dispose, zeros } from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { MethodUnderTest } from "./method-under-test.js";
import { randomBatch } from "./random-batch.js";
import { stepContext } from "./step-context.js";

/** Options of {@link testShownLoss}. */
export interface ShownLossUnderTest<Config extends object> extends MethodUnderTest<Config> {
  /** Parameter without which the student says the same of every image: of the last layer before its scores. */
  readonly silenced: string;
  /**
   * The loss is so many times the cross-entropy of what is shown, averaged over both orders of the views. Undefined where the loss has more
   * in it than what is shown.
   */
  readonly factor?: number;
}

/** Mean over rows of −Σ q·log p; the right alternative of images is the row's own. */
function shownCrossEntropy({ student, teacher }: DiagnosticSignals): number {
  const rows = student!.probabilities.arraySync();
  const targets = teacher?.probabilities.arraySync() ?? rows.map((row, own) => row.map((_, image) => (image === own ? 1 : 0)));
  const total = rows.flatMap((row, index) => row.map((share, k) => -targets[index]![k]! * Math.log(share))).reduce((sum, value) => sum + value, 0);
  return total / rows.length;
}

/** For methods whose student chooses between alternatives: that what they show of it is what their loss is made of. */
export function testShownLoss<Config extends object>(
  factory: MethodFactory<Config>,
  { encoders, options, batchSize = 4, silenced, factor }: ShownLossUnderTest<Config>,
): void {
  describe(`loss of ${factory.methodName} by what it shows`, () => {
    let method: Method;
    let batch: ViewBatch;
    const lossNow = (): number => {
      const { loss, metrics } = method.loss(batch, stepContext(1));
      const [value] = loss.dataSync();
      dispose([loss, ...Object.values(metrics)]);
      method.afterStep?.(stepContext(1));
      return value!;
    };
    const lookAt = <T>(shown: ViewBatch, look: (signals: DiagnosticSignals) => T): T => {
      const signals = method.signals!(shown, stepContext(1));
      const seen = look(signals);
      disposeSignals(signals);
      return seen;
    };

    beforeAll(() => {
      method = factory(encoders, options);
      batch = randomBatch(method, batchSize);
    });
    afterAll(() => {
      disposeMethod(method);
      for (const { images } of batch.views) images.dispose();
    });

    if (factor !== undefined) {
      it(`is ${factor} times the cross-entropy of the student's distributions with the targets`, () => {
        const ofOrders = [batch, { ...batch, views: [...batch.views].reverse() }].map((shown) => lookAt(shown, shownCrossEntropy));
        expect(lossNow()).toBeAllClose([(factor * (ofOrders[0]! + ofOrders[1]!)) / 2], { absolute: 1e-5, relative: 1e-5 });
      });
    }

    it("is the uninformed one where the student says the same of every image", () => {
      const parameter = method.trainable[silenced]!;
      const nothing = zeros(parameter.shape);
      parameter.assign(nothing);
      nothing.dispose();
      const uninformed = lookAt(batch, ({ student, uninformedLoss }) => {
        const [rows, alternatives] = student!.scores.shape;
        expect(student!.probabilities).toBeAllClose(new Array<number>(rows * alternatives).fill(1 / alternatives));
        return uninformedLoss!(batchSize);
      });
      expect(lossNow()).toBeAllClose([uninformed], { absolute: 1e-5, relative: 1e-5 });
    });
  });
}
