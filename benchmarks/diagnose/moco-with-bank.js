// MoCo with a bank of earlier keys as negatives, as lightly has it, and the mistake that lightly 1.2.37 had: https://github.com/lightly-ai/lightly/issues/1007.
import { cropAndColor } from "@ssl-vit/augment";
import { assertViews, defineMethod, imagenetNormalization, squareSide, tidySignals, viewGroups } from "@ssl-vit/core";
import { createMlpHead, studentAndTeacher } from "@ssl-vit/heads";
import { embeddingDeviation, softmaxCrossEntropy } from "@ssl-vit/losses";
import { buffer, fanInUniform, l2Normalize } from "@ssl-vit/nn";
import { updateMovingAverage } from "@ssl-vit/optim";
import { add, clone, concat, dispose, div, eye, keep, matMul, mean, mul, oneHot, range, slice, softmax, sub, sum, tensor2d, tidy } from "@tensorflow/tfjs-core";

/** @typedef {import("@ssl-vit/core").Float<"B D">} Rows */
/** @typedef {{ bank: number, temperature: number, hiddenDim: number, outputDim: number, teacherMomentum: number, normalizeBank: boolean }} BankConfig */

/** `normalizeBank`: the random vectors that the bank starts with have length 1, as keys have. In lightly 1.2.37 what normalised them was computed, and not kept. @type {BankConfig} */
const defaults = { bank: 4096, temperature: 0.1, hiddenDim: 512, outputDim: 128, teacherMomentum: 0.99, normalizeBank: false };

/** The bank's scores of each row, and at the row's own place that of its key: [B, bank + 1]. @param {Rows} queries @param {Rows} keys @param {Rows} bank @returns {import("@ssl-vit/core").Float<"R K">} */
function scoresOf(queries, keys, bank) {
  const rows = queries.shape[0];
  const own = sum(mul(queries, keys), 1, true); // [B, 1]
  const others = matMul(queries, bank, false, true); // [B, bank]
  const left = slice(others, 0, [rows, rows]);
  const isOwn = eye(rows);
  // What stands at the row's own place goes to the end.
  const diagonal = add(mul(left, sub(1, isOwn)), mul(own, isOwn));
  return /** @type {import("@ssl-vit/core").Float<"R K">} */ (concat([diagonal, slice(others, [0, rows], [rows, bank.shape[0] - rows]), sum(mul(left, isOwn), 1, true)], 1));
}

/** MoCo whose keys of earlier batches are the negatives. @type {import("@ssl-vit/core").MethodFactory<BankConfig>} */
export const mocoWithBank = defineMethod({
  name: "moco",
  paper: "https://arxiv.org/abs/1911.05722",
  defaults,
  presets: {
    small: {
      description: "lightly's tutorial: a bank of 4,096 keys, SGD, and the ViT of the other presets in place of a ResNet-18.",
      model: { size: "pico", patchSize: 4 },
      method: {},
      optimizer: { name: "sgd", learningRate: 0.06, learningRateBatch: 0, weightDecay: 5e-4 },
      imageSize: 32,
      batchSize: 128,
      epochs: 10,
    },
  },
  create(encoders, config, random) {
    const { bank: length, temperature, hiddenDim, outputDim } = config;
    const pair = studentAndTeacher(encoders, (inputDim) => createMlpHead(random.derive("projector"), {
      dims: [inputDim, hiddenDim, outputDim],
      ...{ hiddenBias: true, hiddenNorm: false, activation: "relu", outputBias: true, outputNorm: "none", initialize: fanInUniform },
    }));
    const { student, teacher } = pair;
    const start = tidy(() => {
      const drawn = tensor2d(random.derive("bank").normals(length * outputDim), [length, outputDim]);
      return config.normalizeBank ? l2Normalize(drawn) : drawn;
    });
    const bank = buffer(/** @type {Float32Array} */ (start.dataSync()), [length, outputDim]);
    start.dispose();
    let oldest = 0;
    /** @type {import("@tensorflow/tfjs-core").Tensor2D[]} */
    const pending = [];

    const look = (/** @type {import("@ssl-vit/core").ViewBatch} */ batch, /** @type {import("@ssl-vit/core").StepContext} */ context) => {
      const [globals] = viewGroups(batch);
      const embeddings = student.projectViews([globals], context);
      const targets = pair.targetViews(globals, context);
      const [query, key] = [l2Normalize(/** @type {Rows} */ (embeddings[0])), l2Normalize(/** @type {Rows} */ (targets[1]))];
      return { embeddings, targets, key, scores: scoresOf(query, key, /** @type {Rows} */ (/** @type {unknown} */ (bank))) };
    };

    return {
      name: "moco",
      config: { ...config },
      views: {
        groups: [{ name: "global", count: 2, size: squareSide("moco", student.encoder.layout), operations: cropAndColor({ scale: [0.2, 1], interpolation: "bilinear", jitter: [0.4, 0.4, 0.4, 0.1], blur: 0 }) }],
        normalize: imagenetNormalization,
      },
      encoder: student.encoder,
      trainable: student.parameters,
      buffers: { ...pair.buffers, bank },
      assertBatch(plan) {
        assertViews("moco", plan, { global: 2, local: "any" });
      },
      loss: (batch, context) => tidy(() => {
        const { embeddings, key, scores } = look(batch, context);
        pending.push(keep(clone(key)));
        const right = /** @type {import("@ssl-vit/core").Float<"R K">} */ (oneHot(range(0, batch.size, 1, "int32"), length + 1, 1, 0, "float32"));
        const loss = /** @type {import("@ssl-vit/core").Float<"">} */ (mean(softmaxCrossEntropy(div(scores, temperature), right)));
        return { loss, metrics: { embeddingDeviation: embeddingDeviation(/** @type {Rows} */ (embeddings[0])) } };
      }),
      signals: (batch, context) => tidySignals(() => {
        const { embeddings, targets, scores } = look(batch, context);
        return { embeddings, targets, student: { kind: "images", scores, temperature, probabilities: softmax(div(scores, temperature)) }, uninformedLoss: () => Math.log(length + 1) };
      }),
      afterStep() {
        for (const key of pending.splice(0)) {
          const rows = key.shape[0];
          const renewed = tidy(() => concat([slice(bank, 0, [oldest, outputDim]), key, slice(bank, [oldest + rows, 0])]));
          bank.assign(renewed);
          dispose([key, renewed]);
          oldest = (oldest + rows) % length;
        }
        updateMovingAverage(teacher.parameters, student.parameters, config.teacherMomentum);
      },
    };
  },
});
