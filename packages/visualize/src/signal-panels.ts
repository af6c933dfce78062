/** A line of a panel. */
export interface PanelLine {
  /** The series, as a run's log calls it. */
  readonly signal: string;
  /** What the key calls it. */
  readonly name: string;
  /** What the others are compared with: dashed and grey. Alone it makes no panel. */
  readonly isReference?: true;
}

/** What is drawn together. */
export interface SignalPanel {
  /** What the values are, with their unit. */
  readonly title: string;
  readonly lines: readonly PanelLine[];
  /** Series `FAMILY/PART` that have a line each, as many as have room. */
  readonly family?: string;
  /** Other signals that this panel shows in effect. */
  readonly about?: readonly string[];
  /** `"auto"`: logarithmic where the largest value would flatten all others. */
  readonly scale: "linear" | "log" | "auto";
  /** Ends of the axis that are always shown. */
  readonly within?: readonly [number, number];
  /** Values are shares, drawn in %. */
  readonly isPercent?: true;
  /** A level that says something: chance, uniform. */
  readonly level?: { readonly value: number; readonly name: string };
}

const line = (signal: string, name: string): PanelLine => ({ signal, name });
const reference = (signal: string, name: string): PanelLine => ({ signal, name, isReference: true });

/**
 * All panels, in their order on the picture: what tells most of a run comes first. The names of series are those that `@ssl-vit/diagnose` measures
 * and the trainer logs.
 */
export const signalPanels: readonly SignalPanel[] = [
  { title: "loss", lines: [line("loss", "loss"), reference("uninformedLoss", "knowing nothing of the image")], about: ["lossMean", "lossMin", "lossMax"], scale: "auto" },
  { title: "spread of the embeddings (1: even, 0: one point)", lines: [line("embeddingDeviation", "projected"), line("featureDeviation", "encoder's feature"), line("targetDeviation", "targets")], scale: "linear", within: [0, 1] },
  { title: "dimensions in use (RankMe)", lines: [line("rankMe", "projected"), line("featureRankMe", "encoder's feature")], about: ["rankShare", "featureRankShare"], scale: "linear" },
  { title: "entropy of a row (÷ ln K)", lines: [line("studentEntropy", "student"), line("teacherEntropy", "teacher")], scale: "linear", within: [0, 1], level: { value: 1, name: "uniform" } },
  { title: "alternatives in use", lines: [line("studentUsage", "student"), line("teacherUsage", "teacher"), reference("alternatives", "all")], scale: "log" },
  { title: "k-NN and probe accuracy (%)", lines: [line("knnTop1", "k-NN"), line("linearTop1", "linear"), line("otherKnnTop1", "k-NN, other domain")], scale: "linear", isPercent: true },
  { title: "update ÷ weight, of a step", lines: [line("updateRatio", "all")], family: "updateRatio", scale: "log" },
  { title: "gradient norm", lines: [line("gradientNorm", "all")], family: "gradientNorm", about: ["gradientNormMax"], scale: "log" },
  { title: "predicted patches, by their variance", lines: [line("patchVarianceShare", "variance of predictions"), line("patchErrorShare", "mean squared error")], scale: "linear", within: [0, 1], level: { value: 1, name: "that of the targets" } },
  { title: "momentum of the teacher", lines: [line("teacherMomentum", "measured")], scale: "linear" },
  { title: "teacher's distance (÷ student's norm)", lines: [line("teacherDistance", "teacher to student")], scale: "linear" },
  { title: "another view is nearer than another image", lines: [line("viewAgreement", "embeddings"), line("pixelViewAgreement", "pixels")], scale: "linear", within: [0.4, 1], level: { value: 0.5, name: "chance" } },
  { title: "cosine of embeddings", lines: [line("meanCosine", "different images"), line("viewCosine", "two views"), line("featureMeanCosine", "images, encoder's feature"), line("targetCosine", "with targets")], scale: "linear" },
  { title: "rows that choose the right image (%)", lines: [line("choiceShare", "student")], scale: "linear", isPercent: true },
  { title: "KL of teacher and student (nats)", lines: [line("teacherKl", "KL"), line("teacherCrossEntropy", "cross-entropy")], scale: "linear" },
  { title: "spread of scores beside the temperature", lines: [line("scoreSpread", "student"), line("teacherScoreSpread", "teacher"), reference("studentTemperature", "student's temperature"), reference("teacherTemperature", "teacher's temperature")], scale: "log" },
  { title: "entropy of attention (÷ ln N)", lines: [], family: "attentionEntropy", scale: "linear", within: [0, 1], level: { value: 1, name: "uniform" } },
  { title: "movement of the features since the last look", lines: [line("featureShift", "1 − cosine")], scale: "log" },
  { title: "pixels of the views", lines: [line("imageContrast", "contrast within an image"), line("imageDeviation", "deviation"), line("pixelViewDifference", "difference of two views")], about: ["imageMean"], scale: "linear" },
  { title: "hidden share of the patches (%)", lines: [line("maskedShare", "hidden")], about: ["visiblePatches"], scale: "linear", isPercent: true },
  { title: "time spent waiting for data (%)", lines: [line("dataWait", "since the last look"), line("dataWaitShare", "of a step")], scale: "linear", isPercent: true },
  { title: "learning rate", lines: [line("learningRate", "learning rate")], scale: "linear" },
];
