/**
 * LeJEPA: every view of an image is near the mean of its global views, and the embeddings of each view are distributed as a standard
 * Gaussian (SIGReg), which leaves no way to collapse. No teacher, no stopped gradient, no temperature.
 *
 * Paper: Balestriero and LeCun, "LeJEPA: Provable and Scalable Self-Supervised Learning Without the Heuristics",
 * https://arxiv.org/abs/2511.08544.
 * Checked against rbalestr-lab/lejepa: README.md, MINIMAL.md; lightly: loss/lejepa_loss.py.
 * Deviations: the projector starts at [CLS], where MINIMAL.md has a linear layer to 512 in between, whose output its probe reads; biases
 * start at 0, not PyTorch's small random values; blur with a true Gaussian of σ, not one cut to 7 pixels.
 */
import { assertViews, checkOptions, defineMethod, type Float, type Method, type MethodFactory, type StepContext, tidySignals, type ViewBatch, viewGroups } from "@ssl-vit/core";
import { createMlpHead, projectedEncoder } from "@ssl-vit/heads";
import { embeddingDeviation, sigreg } from "@ssl-vit/losses";
import { fanInUniform } from "@ssl-vit/nn";
import { add, mean, mul, reshape, slice, square, stack, sub, tensor2d, tidy, unstack } from "@tensorflow/tfjs-core";
import { defaults, type LejepaConfig } from "./config.js";
import { presets } from "./presets.js";
import { lejepaViews } from "./views.js";

/** What {@link lejepa} makes. It logs both parts of its loss, unweighted, and the deviation of the embeddings, 0 when they collapse. */
export type LejepaMethod = Method<"embeddingDeviation" | "invariance" | "sigreg">;

function check(config: Readonly<LejepaConfig>): void {
  const option = checkOptions("lejepa", config);
  option.share("sigregWeight");
  option.whole(1, "directions", "hiddenDim", "outputDim", "globalViews");
  option.whole(2, "knots");
  option.whole(0, "localViews");
  option.positiveShare("localSizeRatio");
  option.range("globalScale", "localScale");
  const jitter: unknown = config.jitter;
  if (!(Array.isArray(jitter) && jitter.length === 4 && jitter.every((strength) => strength >= 0))) option.refuse("jitter", "four numbers of at least 0");
  if (config.globalViews + config.localViews < 2) {
    option.refuse("globalViews", "at least 2 views of an image", "One view has nothing to agree with: add global or local ones.");
  }
}

/** LeJEPA on the given encoders. */
export const lejepa: MethodFactory<LejepaConfig, LejepaMethod, "paper" | "small"> = defineMethod({
  name: "lejepa",
  paper: "https://arxiv.org/abs/2511.08544",
  defaults,
  presets,
  check,

  create(encoders, config, random) {
    const encoder = encoders("student");
    const projector = createMlpHead(random.derive("projector"), {
      dims: [encoder.layout.embedDim, config.hiddenDim, config.hiddenDim, config.outputDim],
      hiddenBias: true,
      hiddenNorm: true,
      activation: "relu",
      outputBias: true,
      outputNorm: "none",
      initialize: fanInUniform,
    });
    const network = projectedEncoder(encoder, projector);

    /** The projector's norms see all views together. */
    const embed = (batch: ViewBatch, context: StepContext): Float<"V B K"> =>
      reshape(network.projectGroups(viewGroups(batch), context), [batch.views.length, batch.size, config.outputDim]);

    return {
      name: "lejepa",
      config: { ...config },
      views: lejepaViews(config, encoder.layout),
      encoder,
      trainable: network.parameters,
      buffers: network.buffers,

      assertBatch(plan) {
        assertViews("lejepa", plan, { global: config.globalViews, local: config.localViews });
      },

      loss(batch, context) {
        return tidy(() => {
          const views = embed(batch, context);
          const centers = mean<Float<"B K">>(slice(views, 0, config.globalViews), 0);
          const invariance = mean<Float<"">>(square(sub(views, centers)));

          // The same directions for every view, and on every process.
          const { directions, knots, outputDim, sigregWeight } = config;
          const drawn: Float<"M K"> = tensor2d(context.random.derive("directions").normals(directions * outputDim), [directions, outputDim]);
          const statistics = (unstack(views) as Float<"B K">[]).map((view) => sigreg(view, drawn, { knots, collective: context.collective }));
          const regularity = mean<Float<"">>(stack(statistics));

          const loss = add<Float<"">>(mul(regularity, sigregWeight), mul(invariance, 1 - sigregWeight));
          return { loss, metrics: { embeddingDeviation: embeddingDeviation(reshape(views, [-1, outputDim])), invariance, sigreg: regularity } };
        });
      },

      signals(batch, context) {
        return tidySignals(() => ({ embeddings: unstack(slice(embed(batch, context), 0, config.globalViews)) as Float<"B K">[] }));
      },
    };
  },
});
