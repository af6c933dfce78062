import { type DiagnosticSignals, type Float, type Method, pooledFeatures, type StepContext, type ViewBatch } from "@ssl-vit/core";
import { tidy } from "@tensorflow/tfjs-core";
import { measureAlternatives } from "./measure-alternatives.js";
import { measureAttention } from "./measure-attention.js";
import { measureEmbeddings } from "./measure-embeddings.js";
import { type Features, measureFeatures } from "./measure-features.js";
import { measurePatches } from "./measure-patches.js";
import { measurePixels } from "./measure-pixels.js";

type Numbers = Readonly<Record<string, number>>;

/** Measures a method on a fixed batch, again and again. */
export interface ProbeMeasurement {
  /**
   * What each subject gives; one that fails gives nothing, and its error.
   *
   * @param batchSize images of the run's batch, for `uninformedLoss`
   */
  measure(method: Method, probe: ViewBatch, context: StepContext, batchSize: number): { readonly signals: Numbers; readonly errors: readonly Error[] };
}

/** Views as evaluation sees them: of the encoder's size where there are such, else of the first view's. */
function wholeViews({ encoder }: Method, { views }: ViewBatch): readonly Float<"B Y X C">[] {
  const ofSize = ([height, width]: readonly [number, number]): readonly Float<"B Y X C">[] =>
    views.map(({ images }) => images).filter(({ shape }) => shape[1] === height && shape[2] === width);
  const whole = ofSize(encoder.layout.imageSize);
  const first = views[0]?.images.shape;
  return whole.length > 0 || first === undefined ? whole : ofSize([first[1], first[2]]);
}

export function probeMeasurement(): ProbeMeasurement {
  let features: Features | undefined;
  // The probe is the same at every look: its pixels are read once.
  let pixels: { readonly probe: ViewBatch; readonly signals: Numbers } | undefined;

  return {
    measure(method, probe, context, batchSize) {
      const errors: Error[] = [];
      const attempt = (what: string, compute: () => Numbers): Numbers => {
        try {
          return tidy(() => ({ ...compute() }));
        } catch (error) {
          errors.push(new Error(`${what}: ${error instanceof Error ? error.message : String(error)}`, { cause: error }));
          return {};
        }
      };
      const ofMethod = (shown: DiagnosticSignals): Numbers => ({
        ...attempt("embeddings", () => measureEmbeddings(shown)),
        ...attempt("alternatives", () => measureAlternatives(shown)),
        ...(shown.patches === undefined ? {} : attempt("patches", () => measurePatches(shown.patches!))),
        ...(shown.uninformedLoss === undefined ? {} : { uninformedLoss: shown.uninformedLoss(batchSize) }),
      });
      const [images, ...others] = wholeViews(method, probe);
      const signals = {
        ...(method.signals === undefined ? {} : attempt(`signals of ${method.name}`, () => ofMethod(method.signals!(probe, context)))),
        ...(images === undefined
          ? {}
          : {
              ...attempt("features of the encoder", () => {
                const found = measureFeatures(pooledFeatures(method.encoder, images), features);
                features = found.features;
                return found.signals;
              }),
              ...attempt("attention of the encoder", () => measureAttention(method.encoder, images)),
              ...attempt("pixels of the probe", () => {
                if (pixels?.probe !== probe) pixels = { probe, signals: measurePixels([images, ...others]) };
                return pixels.signals;
              }),
            }),
      };
      return { signals, errors };
    },
  };
}
