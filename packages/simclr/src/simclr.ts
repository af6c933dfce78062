/**
 * SimCLR: two augmented views of an image attract each other and repel every other view of the batch.
 *
 * Paper: Chen et al., "A Simple Framework for Contrastive Learning of Visual Representations", https://arxiv.org/abs/2002.05709.
 * Checked against google-research/simclr: run.py, objective.py, model_util.py, data_util.py.
 * Deviations: a ViT's [CLS] token in place of ResNet's pooled features; blur with a true Gaussian of σ, not one cut to a tenth of the image.
 */
import { assertViews, checkOptions, defineMethod, squareSide, tidySignals, viewGroups, type Float, type Method, type MethodFactory, type StepContext, type ViewBatch } from "@ssl-vit/core";
import { createMlpHead, projectedEncoder } from "@ssl-vit/heads";
import { embeddingDeviation, meanOverPairs, ntXent, scoredImages } from "@ssl-vit/losses";
import { normal } from "@ssl-vit/nn";
import { mul, split, tidy } from "@tensorflow/tfjs-core";
import { defaults, type SimclrConfig } from "./config.js";
import { presets } from "./presets.js";
import { simclrViews } from "./views.js";

/** What {@link simclr} makes. It logs the deviation of the embeddings of all views: about 1 when they point everywhere, 0 when they collapse. */
export type SimclrMethod = Method<"embeddingDeviation">;

/** SimCLR on the given encoders. */
export const simclr: MethodFactory<SimclrConfig, SimclrMethod, "paper" | "cifar10" | "small"> = defineMethod({
  name: "simclr",
  paper: "https://arxiv.org/abs/2002.05709",
  defaults,
  presets,

  check(config) {
    const option = checkOptions("simclr", config);
    option.positive("temperature");
    option.whole(0, "hiddenDim");
    option.whole(1, "outputDim", "projectorLayers");
    option.atLeast(0, "jitterStrength");
    option.range("cropScale");
  },

  create(encoders, config, random) {
    const encoder = encoders("student");
    const { embedDim } = encoder.layout;
    const hiddenDim = config.hiddenDim === 0 ? embedDim : config.hiddenDim;
    // Every layer is bias-free and batch-normalised; the last norm has no shift (model_util.py, projection_head).
    const projector = createMlpHead(random.derive("projector"), {
      dims: [embedDim, ...Array.from({ length: config.projectorLayers - 1 }, () => hiddenDim), config.outputDim],
      hiddenBias: false,
      hiddenNorm: true,
      activation: "relu",
      outputBias: false,
      outputNorm: "scale",
      initialize: (stream, shape) => normal(stream, shape, 0.01),
    });
    const network = projectedEncoder(encoder, projector);

    /** All views at once: the projector's norms take the statistics of all rows (model.py joins the views before the network). */
    const embed = (batch: ViewBatch, context: StepContext): Float<"B K"> => network.projectGroups(viewGroups(batch), context); // [V·B, K]

    return {
      name: "simclr",
      config: { ...config },
      views: simclrViews(config, squareSide("simclr", encoder.layout)),
      encoder,
      trainable: network.parameters,
      buffers: network.buffers,

      assertBatch(plan) {
        assertViews("simclr", plan, { global: 2, local: "any" });
      },

      loss(batch, context) {
        return tidy(() => {
          const embeddings = embed(batch, context);
          const views = split<Float<"B K">>(embeddings, batch.views.length);
          const options = { temperature: config.temperature, collective: context.collective };
          // objective.py adds the losses of both directions: twice the mean over the 2B anchors.
          const loss = mul<Float<"">>(2, meanOverPairs(views, viewGroups(batch)[0].length, (first, second) => ntXent(first, second, options)));
          return { loss, metrics: { embeddingDeviation: embeddingDeviation(embeddings) } };
        });
      },

      signals(batch, context) {
        return tidySignals(() => {
          const [first, second] = split<Float<"B K">>(embed(batch, context), batch.views.length);
          return {
            embeddings: [first!, second!],
            student: scoredImages(first!, second!, config.temperature),
            // Of 2B − 1 other embeddings one is right, and both directions are added.
            uninformedLoss: (images) => 2 * Math.log(2 * images - 1),
          };
        });
      },
    };
  },
});
