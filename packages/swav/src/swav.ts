/**
 * SwAV: each view of an image predicts which prototypes the other global views are assigned to. Sinkhorn-Knopp shares the prototypes out
 * equally over the batch (and a queue of earlier images), so that no single one takes all.
 *
 * Paper: Caron et al., "Unsupervised Learning of Visual Features by Contrasting Cluster Assignments", https://arxiv.org/abs/2006.09882.
 * Checked against facebookresearch/swav: main_swav.py, src/resnet50.py, src/multicropdataset.py, scripts/.
 * Deviations: a ViT's [CLS] token in place of ResNet's pooled features; biases start at 0, not PyTorch's small random values; prototypes
 * are normalised at the start and after each step, theirs before each; a queue that is no whole number of batches is refused, theirs cut;
 * the queue is part of the checkpoint, and the same whatever the number of processes.
 */
import { assertViews, checkOptions, defineMethod, type Float, type Method, type MethodFactory, type StepContext, tidySignals, type ViewBatch, viewGroups } from "@ssl-vit/core";
import { createMlpHead, projectedEncoder } from "@ssl-vit/heads";
import { embeddingDeviation, scoredPrototypes, swappedPrediction, swavAssignments } from "@ssl-vit/losses";
import { fanInUniform, l2Normalize, linear } from "@ssl-vit/nn";
import { abs, concat, greater, norm, reshape, slice, sub, tidy, unstack, type Variable, where } from "@tensorflow/tfjs-core";
import { defaults, type SwavConfig } from "./config.js";
import { createQueue } from "./create-queue.js";
import { presets } from "./presets.js";
import { swavViews } from "./views.js";

/** What {@link swav} makes. It logs the deviation of the global views' embeddings: about 1 when they point everywhere, 0 when they collapse. */
export type SwavMethod = Method<"embeddingDeviation">;

function check(config: Readonly<SwavConfig>): void {
  const option = checkOptions("swav", config);
  option.whole(2, "prototypes");
  option.whole(1, "hiddenDim", "outputDim", "sinkhornIterations");
  option.whole(0, "freezePrototypesSteps", "queueLength", "localViews");
  option.positive("temperature", "epsilon");
  option.atLeast(0, "queueStartEpoch", "jitterStrength");
  option.positiveShare("localSizeRatio");
  option.range("globalScale", "localScale");
}

/** Sinkhorn-Knopp gives every prototype an image: there must be as many. And a queue holds whole batches. */
function checkRows(config: Readonly<SwavConfig>, images: number): void {
  const [{ prototypes, queueLength }, { refuse }] = [config, checkOptions("swav", config)];
  if (queueLength % images !== 0) refuse("queueLength", `a multiple of the batch of ${images} images`, "3840 with a batch of 256 is the authors'; 0 switches the queue off.");
  if (queueLength + images >= prototypes) return;
  refuse("queueLength", `at least ${prototypes - images}, so that queue and batch are no fewer than the ${prototypes} prototypes`, "Fewer prototypes, or a larger batch, do as well.");
}

/** Gives prototypes length 1. Those that have it, within float32's 1e-6, keep their very bits: nothing changes while they are frozen. */
function normalizeRows(prototypes: Variable): void {
  const normalized = tidy(() => {
    const isOff = greater(abs(sub(norm(prototypes, "euclidean", 1, true), 1)), 1e-6); // [K, 1]
    return where(isOff, l2Normalize(prototypes), prototypes);
  });
  prototypes.assign(normalized);
  normalized.dispose();
}

/** SwAV on the given encoders. */
export const swav: MethodFactory<SwavConfig, SwavMethod, "paper" | "paper-256" | "small"> = defineMethod({
  name: "swav",
  paper: "https://arxiv.org/abs/2006.09882",
  defaults,
  presets,
  check,

  create(encoders, config, random) {
    const encoder = encoders("student");
    const projector = createMlpHead(random.derive("projector"), {
      dims: [encoder.layout.embedDim, config.hiddenDim, config.outputDim],
      hiddenBias: true,
      hiddenNorm: true,
      activation: "relu",
      outputBias: true,
      outputNorm: "none",
      initialize: fanInUniform,
    });
    const network = projectedEncoder(encoder, projector);
    const prototypes = fanInUniform(random.derive("prototypes"), [config.prototypes, config.outputDim]);
    normalizeRows(prototypes);
    const queue = config.queueLength > 0 ? createQueue(config) : undefined;

    /** Unit vectors of the global views, scores of all views, and how they are assigned. The projector's norm sees all views together. */
    const forward = (batch: ViewBatch, context: StepContext) => {
      const embeddings = l2Normalize(network.projectGroups(viewGroups(batch), context)); // [V·B, D]
      // The gradient is that of the prototypes as they are: their normalisation after a step is no part of the loss.
      const scores: Float<"V B K"> = reshape(linear(embeddings, prototypes), [batch.views.length, batch.size, config.prototypes]);
      const globals: Float<"B D">[] = [0, 1].map((view) => slice(embeddings, [view * batch.size, 0], [batch.size, config.outputDim]));
      const { epsilon, sinkhornIterations: iterations } = config;
      return { globals, scores, assignment: { epsilon, iterations, collective: context.collective, queueScores: queue?.scores(prototypes, context) } };
    };

    return {
      name: "swav",
      config: { ...config },
      views: swavViews(config, encoder.layout),
      encoder,
      trainable: { ...network.parameters, "prototypes.weight": prototypes },
      buffers: { ...network.buffers, ...queue?.buffers },

      assertBatch(plan) {
        assertViews("swav", plan, { global: 2, local: config.localViews });
        checkRows(config, plan.images);
      },

      loss(batch, context) {
        return tidy(() => {
          const { globals, scores, assignment } = forward(batch, context);
          const loss = swappedPrediction(slice(scores, 0, 2), slice(scores, 2), { ...assignment, temperature: config.temperature });
          queue?.note(globals, context);
          return { loss, metrics: { embeddingDeviation: embeddingDeviation(concat(globals)) } };
        });
      },

      signals(batch, context) {
        return tidySignals(() => {
          const { globals, scores, assignment } = forward(batch, context);
          const [first, second] = unstack(scores) as [Float<"B K">, Float<"B K">];
          const [probabilities] = unstack(swavAssignments(slice(scores, 0, 2), assignment)) as [Float<"B K">];
          return {
            embeddings: globals,
            student: scoredPrototypes(second, config.temperature),
            teacher: { kind: "prototypes", scores: first, temperature: config.epsilon, probabilities },
            uninformedLoss: () => Math.log(config.prototypes),
          };
        });
      },

      afterStep() {
        queue?.advance();
        normalizeRows(prototypes);
      },

      isFrozen: (parameter, { progress }) => parameter === "prototypes.weight" && progress.step < config.freezePrototypesSteps,
    };
  },
});
