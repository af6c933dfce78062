/**
 * Barlow Twins: the cross-correlation matrix of the embeddings of two views shall be the identity. Equal dimensions agree, different ones
 * tell different things, and there is no need for negatives, a teacher or a stopped gradient.
 *
 * Paper: Zbontar et al., "Barlow Twins: Self-Supervised Learning via Redundancy Reduction", https://arxiv.org/abs/2103.03230.
 * Checked against facebookresearch/barlowtwins: main.py.
 * Deviations: a ViT's [CLS] token in place of ResNet's pooled features; the norm before the correlation keeps no running statistics,
 * which nothing would read; the gradient through the correlations of several processes is that of one process with the whole batch.
 */
import { assertViews, checkOptions, defineMethod, type Method, type MethodFactory, squareSide, tidySignals, viewGroups } from "@ssl-vit/core";
import { createMlpHead, projectedEncoder } from "@ssl-vit/heads";
import { barlowTwins as barlowTwinsLoss, embeddingDeviation, meanOverPairs } from "@ssl-vit/losses";
import { fanInUniform } from "@ssl-vit/nn";
import { tidy } from "@tensorflow/tfjs-core";
import { type BarlowTwinsConfig, defaults } from "./config.js";
import { presets } from "./presets.js";
import { barlowTwinsViews } from "./views.js";

/** What {@link barlowTwins} makes. It logs the deviation of the first view's embeddings: about 1 when they point everywhere, 0 when they collapse. */
export type BarlowTwinsMethod = Method<"embeddingDeviation">;

/** Barlow Twins on the given encoders. */
export const barlowTwins: MethodFactory<BarlowTwinsConfig, BarlowTwinsMethod, "paper" | "small"> = defineMethod({
  name: "barlow-twins",
  paper: "https://arxiv.org/abs/2103.03230",
  defaults,
  presets,

  check(config) {
    const option = checkOptions("barlow-twins", config);
    option.atLeast(0, "redundancyWeight");
    option.whole(1, "hiddenDim", "outputDim", "projectorLayers");
    option.range("cropScale");
  },

  create(encoders, config, random) {
    const encoder = encoders("student");
    const { embedDim } = encoder.layout;
    // No layer has a bias: a norm follows each, that of the loss after the last.
    const projector = createMlpHead(random.derive("projector"), {
      dims: [embedDim, ...Array.from({ length: config.projectorLayers - 1 }, () => config.hiddenDim), config.outputDim],
      hiddenBias: false,
      hiddenNorm: true,
      activation: "relu",
      outputBias: false,
      outputNorm: "none",
      initialize: fanInUniform,
    });
    const network = projectedEncoder(encoder, projector);

    return {
      name: "barlow-twins",
      config: { ...config },
      views: barlowTwinsViews(config, squareSide("barlow-twins", encoder.layout)),
      encoder,
      trainable: network.parameters,
      buffers: network.buffers,

      assertBatch(plan) {
        assertViews("barlow-twins", plan, { global: 2, local: "any" });
      },

      loss(batch, context) {
        return tidy(() => {
          // The projector's norms see the statistics of each view alone.
          const groups = viewGroups(batch);
          const views = network.projectViews(groups, context);
          const loss = meanOverPairs(views, groups[0].length, (first, second) => barlowTwinsLoss(first, second, { redundancyWeight: config.redundancyWeight, collective: context.collective }));
          return { loss, metrics: { embeddingDeviation: embeddingDeviation(views[0]!) } };
        });
      },

      signals(batch, context) {
        return tidySignals(() => ({ embeddings: network.projectViews([viewGroups(batch)[0]], context) }));
      },
    };
  },
});
