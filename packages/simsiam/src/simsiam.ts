/**
 * SimSiam: a predictor on one view of an image meets the projection of the other view, which it must not move. No negatives, no teacher.
 *
 * Paper: Chen and He, "Exploring Simple Siamese Representation Learning", https://arxiv.org/abs/2011.10566.
 * Checked against facebookresearch/simsiam: simsiam/builder.py, main_simsiam.py.
 * Deviations: a ViT's [CLS] token in place of ResNet's pooled features; the projector's last linear layer has no bias, where theirs has a
 * frozen one that the BatchNorm behind it takes out again; the learning rate falls step by step, theirs epoch by epoch.
 */
import { assertViews, checkOptions, defineMethod, prefixParameters, tidySignals, viewGroups, type Method, type MethodFactory } from "@ssl-vit/core";
import { createMlpHead, projectedEncoder } from "@ssl-vit/heads";
import { embeddingDeviation, meanOverTargets, negativeCosine } from "@ssl-vit/losses";
import { fanInUniform } from "@ssl-vit/nn";
import { clone, tidy } from "@tensorflow/tfjs-core";
import { defaults, type SimsiamConfig } from "./config.js";
import { presets } from "./presets.js";
import { simsiamViews } from "./views.js";

/** What {@link simsiam} makes. It logs the deviation of the first view's projections: about 1 when they point everywhere, 0 when they collapse. */
export type SimsiamMethod = Method<"embeddingDeviation">;

/** SimSiam on the given encoders. */
export const simsiam: MethodFactory<SimsiamConfig, SimsiamMethod, "paper" | "small"> = defineMethod({
  name: "simsiam",
  paper: "https://arxiv.org/abs/2011.10566",
  defaults,
  presets,

  check(config) {
    const option = checkOptions("simsiam", config);
    option.whole(0, "hiddenDim");
    option.whole(1, "outputDim", "predictorDim");
    option.range("cropScale");
  },

  create(encoders, config, random) {
    const encoder = encoders("student");
    const { embedDim } = encoder.layout;
    const hiddenDim = config.hiddenDim === 0 ? embedDim : config.hiddenDim;
    const hidden = { hiddenBias: false, hiddenNorm: true, activation: "relu", initialize: fanInUniform } as const;
    const projector = createMlpHead(random.derive("projector"), {
      dims: [embedDim, hiddenDim, hiddenDim, config.outputDim],
      ...hidden,
      outputBias: false,
      outputNorm: "plain",
    });
    const network = projectedEncoder(encoder, projector);
    // A bottleneck whose output is neither normalised nor without bias.
    const predictor = createMlpHead(random.derive("predictor"), {
      dims: [config.outputDim, config.predictorDim, config.outputDim],
      ...hidden,
      outputBias: true,
      outputNorm: "none",
    });

    return {
      name: "simsiam",
      config: { ...config },
      views: simsiamViews(config, encoder.layout),
      encoder,
      trainable: { ...network.parameters, ...prefixParameters({ predictor: predictor.parameters }) },
      buffers: { ...network.buffers, ...prefixParameters({ predictor: predictor.buffers }) },

      assertBatch(plan) {
        assertViews("simsiam", plan, { global: 2, local: "any" });
      },

      loss(batch, context) {
        return tidy(() => {
          const groups = viewGroups(batch);
          const projections = network.projectViews(groups, context);
          const predictions = projections.map((projection) => predictor.apply(projection, context));
          const targets = projections.slice(0, groups[0].length);
          return { loss: meanOverTargets(predictions, targets, negativeCosine), metrics: { embeddingDeviation: embeddingDeviation(projections[0]!) } };
        });
      },

      signals(batch, context) {
        return tidySignals(() => {
          const embeddings = network.projectViews([viewGroups(batch)[0]], context);
          // The targets are the same projections, behind the stop-gradient.
          return { embeddings, targets: embeddings.map((projection) => clone(projection)) };
        });
      },
    };
  },
});
