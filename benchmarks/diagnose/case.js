/**
 * @typedef {import("@ssl-vit/core").Method} Method
 * @typedef {import("@ssl-vit/core").MethodFactory} MethodFactory
 * @typedef {import("@ssl-vit/core").OptimizerRecipe} OptimizerRecipe
 * @typedef {import("@ssl-vit/core").ViewPolicy} ViewPolicy
 * @typedef {import("@ssl-vit/data").ImageDataset} ImageDataset
 */

/**
 * Evaluations while a run trains: k-NN on CIFAR-10, and on the images of another domain.
 *
 * @typedef {object} CaseEvaluation
 * @property {import("./domain-images.js").DomainName} [other] a second domain to judge in
 * @property {ViewPolicy["normalize"]} [normalize] of the evaluation. Default: that of the training
 */

/**
 * One training of the suite.
 *
 * @typedef {object} Case
 * @property {string} name
 * @property {string} method
 * @property {string} [truth] the diagnosis that is right; absent where the run is healthy
 * @property {"tuned" | "held-out" | "healthy"} half thresholds are chosen on the tuned half alone
 * @property {string} [way] what is done wrong, the same word wherever it is done
 * @property {string} [breaking] what is done wrong here, for the table
 * @property {string} [thread] the thread of an issue that it re-makes
 * @property {number} [steps] Default: `STEPS`
 * @property {number} [batchSize] Default: the preset's
 * @property {Readonly<Record<string, unknown>>} [options] of the method, over the preset's
 * @property {Readonly<Record<string, unknown>>} [model] of the encoder, over the preset's
 * @property {Partial<OptimizerRecipe>} [optimizer] over the preset's
 * @property {(views: ViewPolicy) => ViewPolicy} [views] what becomes of the method's views
 * @property {MethodFactory} [factory] in place of the method's own: a contributor's, with a mistake
 * @property {(method: Method) => Method} [mistake] done to the method that was built
 * @property {(folder: string) => Promise<ImageDataset>} [data] images to train on, for which files may be written into a folder. Default: CIFAR-10
 * @property {import("./domain-images.js").DomainName} [trainedOn] what `data` is, where it is a whole domain's. Default: photographs
 * @property {0 | 1} [workers] threads that make batches. Default 1; a data set that is no file is read in the training's own
 * @property {CaseEvaluation} [evaluation] Default: none
 */

/** Optimizer steps of a case that does not say otherwise: enough for most failures to show, and short enough for all of the suite to take an hour. */
export const STEPS = 60;
