// A predictor on one view meets the projection of the other, through which the gradient flows as well: SimSiam, and BYOL whose target is the student itself.
import { assertViews, defineMethod, disposeMethod, prefixParameters, tidySignals, viewGroups } from "@ssl-vit/core";
import { createMlpHead, projectedEncoder } from "@ssl-vit/heads";
import { embeddingDeviation, meanOverTargets } from "@ssl-vit/losses";
import { fanInUniform, l2Normalize, normal } from "@ssl-vit/nn";
import { add, clone, mean, mul, sum, tidy } from "@tensorflow/tfjs-core";
import { methods } from "./methods.js";

/** @typedef {import("@ssl-vit/core").Float<"B D">} Rows */
/** @typedef {import("@ssl-vit/core").Float<"">} Loss */

/** −cos without the stop-gradient that `negativeCosine` of @ssl-vit/losses has. @param {Rows} prediction @param {Rows} target */
const negativeCosine = (prediction, target) => /** @type {Loss} */ (mul(-1, mean(sum(mul(l2Normalize(prediction), l2Normalize(target)), 1))));

/**
 * The method of that name, with its options, presets and views, and without its stop-gradient.
 *
 * @param {"simsiam" | "byol"} name
 * @param {object} kind
 * @param {(config: Readonly<Record<string, any>>) => { projector: number[], predictor: number[] }} kind.widths of the hidden layers
 * @param {Omit<import("@ssl-vit/heads").MlpHeadOptions, "dims">} kind.projector
 * @param {Omit<import("@ssl-vit/heads").MlpHeadOptions, "dims">} kind.predictor
 * @param {(agreement: Loss) => Loss} kind.loss
 */
function withoutStop(name, kind) {
  const right = /** @type {import("@ssl-vit/core").MethodFactory} */ (methods[name]);
  return defineMethod({
    name,
    paper: right.paper,
    defaults: right.defaults,
    presets: right.presets,
    create(encoders, config, random) {
      const { outputDim } = /** @type {Readonly<Record<string, any>>} */ (config);
      const widths = kind.widths(config);
      const encoder = encoders("student");
      const projector = createMlpHead(random.derive("projector"), { dims: [encoder.layout.embedDim, ...widths.projector, outputDim], ...kind.projector });
      const predictor = createMlpHead(random.derive("predictor"), { dims: [outputDim, ...widths.predictor, outputDim], ...kind.predictor });
      const network = projectedEncoder(encoder, projector);
      const like = right(encoders, { ...config });
      const { views } = like;
      disposeMethod(like);
      return {
        name,
        config: { ...config },
        views,
        encoder,
        trainable: { ...network.parameters, ...prefixParameters({ predictor: predictor.parameters }) },
        buffers: { ...network.buffers, ...prefixParameters({ predictor: predictor.buffers }) },
        assertBatch(plan) {
          assertViews(name, plan, { global: 2, local: "any" });
        },
        loss: (batch, context) => tidy(() => {
          const projections = network.projectViews(viewGroups(batch), context);
          const predictions = projections.map((projection) => predictor.apply(projection, context));
          return { loss: kind.loss(meanOverTargets(predictions, projections, negativeCosine)), metrics: { embeddingDeviation: embeddingDeviation(/** @type {Rows} */ (projections[0])) } };
        }),
        signals: (batch, context) => tidySignals(() => {
          const embeddings = network.projectViews(viewGroups(batch), context);
          return { embeddings, targets: embeddings.map((projection) => clone(projection)) };
        }),
      };
    },
  });
}

const linear = /** @type {const} */ ({ hiddenNorm: true, activation: "relu" });
const simsiamHead = /** @type {const} */ ({ ...linear, hiddenBias: false, initialize: fanInUniform });
/** @type {Omit<import("@ssl-vit/heads").MlpHeadOptions, "dims">} */
const byolHead = { ...linear, hiddenBias: true, outputBias: false, outputNorm: "none", initialize: (random, shape) => normal(random, shape, 1 / Math.sqrt(shape[1])) };

export const simsiamWithoutStop = withoutStop("simsiam", {
  widths: ({ hiddenDim, predictorDim }) => ({ projector: [hiddenDim, hiddenDim], predictor: [predictorDim] }),
  projector: { ...simsiamHead, outputBias: false, outputNorm: "plain" },
  predictor: { ...simsiamHead, outputBias: true, outputNorm: "none" },
  loss: (agreement) => agreement,
});

export const byolWithoutStop = withoutStop("byol", {
  widths: ({ hiddenDim }) => ({ projector: [hiddenDim], predictor: [hiddenDim] }),
  projector: byolHead,
  predictor: byolHead,
  loss: (agreement) => /** @type {Loss} */ (mul(2, add(2, mul(2, agreement)))),
});
