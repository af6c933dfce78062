/**
 * my-method: two views of an image attract each other and repel the views of other images.
 *
 * Paper: https://arxiv.org/abs/0000.00000.
 * Checked against test/golden/step.json: one step in float64, written from the formula.
 * Deviations: the loss is NT-Xent, in place of the paper's.
 */
import { assertViews, checkOptions, defineMethod, type Method, type MethodFactory, squareSide, tidySignals, viewGroups } from "@ssl-vit/core";
import { createMlpHead, projectedEncoder } from "@ssl-vit/heads";
import { embeddingDeviation, meanOverPairs, ntXent } from "@ssl-vit/losses";
import { tidy } from "@tensorflow/tfjs-core";
import { defaults, type MyMethodConfig } from "./config.js";
import { presets } from "./presets.js";
import { myMethodViews } from "./views.js";

/** What {@link myMethod} makes. It logs the deviation of the embeddings: about 1 when they point everywhere, 0 when they collapse. */
export type MyMethodMethod = Method<"embeddingDeviation">;

/** my-method on the given encoders. */
export const myMethod: MethodFactory<MyMethodConfig, MyMethodMethod, "paper" | "small"> = defineMethod({
  name: "my-method",
  paper: "https://arxiv.org/abs/0000.00000",
  defaults,
  presets,

  check(config) {
    const option = checkOptions("my-method", config);
    option.positive("temperature");
    option.whole(1, "hiddenDim", "outputDim");
    option.range("cropScale");
  },

  create(encoders, config, random) {
    const encoder = encoders("student");
    const projector = createMlpHead(random.derive("projector"), {
      dims: [encoder.layout.embedDim, config.hiddenDim, config.hiddenDim, config.outputDim],
      hiddenBias: false,
      hiddenNorm: true,
      activation: "relu",
      outputBias: false,
      outputNorm: "none",
    });
    const network = projectedEncoder(encoder, projector);

    return {
      name: "my-method",
      config: { ...config },
      views: myMethodViews(config, squareSide("my-method", encoder.layout)),
      encoder,
      trainable: network.parameters,
      buffers: network.buffers,

      assertBatch(plan) {
        assertViews("my-method", plan, { global: 2, local: "any" });
      },

      loss(batch, context) {
        return tidy(() => {
          const groups = viewGroups(batch);
          // The projector's norms take the statistics of each view alone.
          const views = network.projectViews(groups, context); // [B, K] each
          const options = { temperature: config.temperature, collective: context.collective };
          const loss = meanOverPairs(views, groups[0].length, (first, second) => ntXent(first, second, options));
          return { loss, metrics: { embeddingDeviation: embeddingDeviation(views[0]!) } };
        });
      },

      signals(batch, context) {
        return tidySignals(() => ({ embeddings: network.projectViews([viewGroups(batch)[0]], context) }));
      },
    };
  },
});
