/**
 * VICReg: the embeddings of two views are near each other (invariance), each dimension varies over the batch (variance), and different
 * dimensions do not vary together (covariance). The last two keep it from collapsing, for each view by itself.
 *
 * Paper: Bardes et al., "VICReg: Variance-Invariance-Covariance Regularization for Self-Supervised Learning",
 * https://arxiv.org/abs/2105.04906.
 * Checked against facebookresearch/vicreg: main_vicreg.py, augmentations.py.
 * Deviations: a ViT's [CLS] token in place of ResNet's pooled features; biases start at 0, not PyTorch's small random values.
 */
import { assertViews, checkOptions, defineMethod, type Method, type MethodFactory, squareSide, tidySignals, viewGroups } from "@ssl-vit/core";
import { createMlpHead, projectedEncoder } from "@ssl-vit/heads";
import { embeddingDeviation, meanOverPairs, vicreg as vicregLoss } from "@ssl-vit/losses";
import { fanInUniform } from "@ssl-vit/nn";
import { tidy } from "@tensorflow/tfjs-core";
import { defaults, type VicregConfig } from "./config.js";
import { presets } from "./presets.js";
import { vicregViews } from "./views.js";

/** What {@link vicreg} makes. It logs the deviation of the first view's embeddings: about 1 when they point everywhere, 0 when they collapse. */
export type VicregMethod = Method<"embeddingDeviation">;

/** VICReg on the given encoders. */
export const vicreg: MethodFactory<VicregConfig, VicregMethod, "paper" | "small"> = defineMethod({
  name: "vicreg",
  paper: "https://arxiv.org/abs/2105.04906",
  defaults,
  presets,

  check(config) {
    const option = checkOptions("vicreg", config);
    option.atLeast(0, "invarianceWeight", "varianceWeight", "covarianceWeight");
    option.whole(1, "hiddenDim", "outputDim", "projectorLayers");
    option.range("cropScale");
  },

  create(encoders, config, random) {
    const encoder = encoders("student");
    const { embedDim } = encoder.layout;
    // The expander: hidden layers have a bias besides the norm's, the last layer has none.
    const projector = createMlpHead(random.derive("projector"), {
      dims: [embedDim, ...Array.from({ length: config.projectorLayers - 1 }, () => config.hiddenDim), config.outputDim],
      hiddenBias: true,
      hiddenNorm: true,
      activation: "relu",
      outputBias: false,
      outputNorm: "none",
      initialize: fanInUniform,
    });
    const network = projectedEncoder(encoder, projector);

    return {
      name: "vicreg",
      config: { ...config },
      views: vicregViews(config, squareSide("vicreg", encoder.layout)),
      encoder,
      trainable: network.parameters,
      buffers: network.buffers,

      assertBatch(plan) {
        assertViews("vicreg", plan, { global: 2, local: "any" });
      },

      loss(batch, context) {
        return tidy(() => {
          // The expander's norms see the statistics of each view alone.
          const groups = viewGroups(batch);
          const views = network.projectViews(groups, context);
          const { invarianceWeight, varianceWeight, covarianceWeight } = config;
          const loss = meanOverPairs(views, groups[0].length, (first, second) => vicregLoss(first, second, { invarianceWeight, varianceWeight, covarianceWeight, collective: context.collective }));
          return { loss, metrics: { embeddingDeviation: embeddingDeviation(views[0]!) } };
        });
      },

      signals(batch, context) {
        return tidySignals(() => ({ embeddings: network.projectViews([viewGroups(batch)[0]], context) }));
      },
    };
  },
});
