import { evaluationViews } from "@ssl-vit/augment";
import { openDataset } from "@ssl-vit/data";
import { datasetFeatures, evaluateKnn, imageStatistics } from "@ssl-vit/eval";
import { domainImages } from "./domain-images.js";

/** Labelled images to learn from, and labelled images to be judged on. */
const IMAGES = { train: 1000, test: 500 };

/**
 * Evaluations in flight, as `ssl-vit pretrain --eval-train --eval-other-train` takes them: k-NN of the encoder as it is on photographs, and in another domain.
 *
 * @param {import("./case.js").CaseEvaluation} evaluation
 * @param {{ method: import("@ssl-vit/core").Method, data: import("@ssl-vit/data").ImageDataset, normalize: import("@ssl-vit/core").ViewPolicy["normalize"] }} run
 */
export async function caseEvaluation({ other, normalize }, { method: { encoder }, data, normalize: own }) {
  const views = evaluationViews({ imageSize: encoder.layout.imageSize[0], normalize: normalize ?? own });
  const open = async (/** @type {import("./domain-images.js").DomainName} */ name) => {
    const { train, test } = domainImages(name);
    return { train: await openDataset(train), test: await openDataset(test) };
  };
  const sets = { home: await open("photographs"), ...(other === undefined ? {} : { other: await open(other) }) };
  const pixels = await imageStatistics(data, { views, channels: encoder.layout.channels });
  const top1 = async (/** @type {Awaited<ReturnType<typeof open>>} */ { train, test }) => {
    const features = { train: await datasetFeatures(encoder, train, { views, images: IMAGES.train }), test: await datasetFeatures(encoder, test, { views, images: IMAGES.test }) };
    return evaluateKnn(features).top1;
  };
  return {
    evaluate: async () => ({ knnTop1: await top1(sets.home), ...(sets.other === undefined ? {} : { otherKnnTop1: await top1(sets.other) }), ...pixels }),
    close: async () => {
      for (const { train, test } of Object.values(sets)) {
        await train.close();
        await test.close();
      }
    },
  };
}
