import { ConfigError, type Diagnosis, type ImageSample, type LoggedSignals, type Method, type MonitoredRun, type RunMonitor } from "@ssl-vit/core";
import { dispose, keep, type Tensor } from "@tensorflow/tfjs-core";
import { betweenLooks } from "./between-looks.js";
import { describeDiagnosis } from "./describe-diagnosis.js";
import { diagnose } from "./diagnose.js";
import { keptLines } from "./kept-lines.js";
import { isLookStep, lookInterval } from "./look-steps.js";
import { measureGradients } from "./measure-gradients.js";
import { probeMeasurement } from "./measure-probe.js";
import { measureTeacher, teacherPairs } from "./measure-teacher.js";
import { measureUpdates } from "./measure-updates.js";

/** Options of {@link createMonitor}. */
export interface MonitorOptions {
  /** Steps from one look to the next. Default: so many that a run has 40 looks, but at least 5 and at most 100. */
  readonly every?: number;
  /** Images of the fixed batch that is looked at. Default 64, which are all that most signals take. */
  readonly probeImages?: number;
}

/** Weights before an update: the same memory, as long as nobody else holds it. */
interface WeightsBefore {
  readonly trained: Readonly<Record<string, Tensor>>;
  readonly teacher: readonly Tensor[];
  readonly gradientNorms: Readonly<Record<string, number>>;
}

const freed = ({ trained, teacher }: WeightsBefore): void => { dispose([...Object.values(trained), ...teacher]); };

const kept = (tensor: Tensor): Tensor => keep(tensor.clone());

/** Shares of the stored images; of the first look of a run alone. */
const imageShares = ({ images, broken, duplicates, constant }: ImageSample): Record<string, number> => ({
  sampledImages: images,
  brokenShare: broken / images,
  duplicateShare: duplicates / images,
  constantShare: constant / images,
});

const finite = (signals: Readonly<Record<string, number>>): Record<string, number> =>
  Object.fromEntries(Object.entries(signals).filter(([, value]) => Number.isFinite(value)));

function checked({ every, probeImages = 64 }: MonitorOptions): { readonly every: number | undefined; readonly probeImages: number } {
  const refuse = (what: string, least: number, received: unknown): ConfigError =>
    new ConfigError({ package: "diagnose", what, expected: `a whole number from ${least}`, received: String(received) });
  if (every !== undefined && !(Number.isInteger(every) && every >= 1)) throw refuse("every", 1, every);
  if (!(Number.isInteger(probeImages) && probeImages >= 2)) throw refuse("probeImages", 2, probeImages);
  return { every, probeImages };
}

/**
 * A monitor for `train({ monitor })`: measures a run's signals on some of its steps, and names what fails by `diagnose`. It draws nothing from the run's
 * random streams and changes none of its variables. A signal that cannot be computed is left out; `problem` says why.
 *
 * @throws ConfigError for an option out of range
 */
export function createMonitor(options: MonitorOptions = {}): RunMonitor {
  const { every, probeImages } = checked(options);
  let run: MonitoredRun | undefined;
  let images: ImageSample | undefined;
  let before: WeightsBefore | undefined;
  let lines = keptLines();
  let diagnoses: readonly Diagnosis[] = [];
  let problem: string | undefined;
  let numbers = betweenLooks();
  let probed = probeMeasurement();

  const release = (): void => {
    if (before !== undefined) freed(before);
    before = undefined;
  };
  const begun = (): MonitoredRun => {
    if (run === undefined) throw new ConfigError({ package: "diagnose", what: "monitor", expected: "begin before anything else", received: "a step" });
    return run;
  };
  const note = (error: Error): void => { problem ??= error.message; };
  /** What fails, gives nothing: looking at a run must not end it. */
  const attempt = <T>(what: string, compute: () => T): T | undefined => {
    try {
      return compute();
    } catch (error) {
      note(new Error(`${what}: ${error instanceof Error ? error.message : String(error)}`));
      return undefined;
    }
  };
  const ofWeights = (method: Method): Record<string, number> => ({
    ...(before === undefined ? {} : { ...before.gradientNorms, ...measureUpdates(before.trained, method.trainable) }),
    ...measureTeacher(teacherPairs(method), before?.teacher),
  });

  const judge = ({ facts, totalSteps, precision }: MonitoredRun): readonly Diagnosis[] =>
    attempt("diagnose", () => diagnose({ facts, totalSteps, precision, logged: lines.lines })) ?? diagnoses;

  return {
    probeImages,
    get problem() {
      return problem;
    },

    begin(next) {
      release();
      run = next;
      images = next.images;
      lines = keptLines(next.earlier);
      [problem, numbers, probed] = [undefined, betweenLooks(), probeMeasurement()];
      // What is known of a run that goes on is known at once.
      diagnoses = next.earlier.length === 0 ? [] : judge(next);
    },

    isLookedAt: (step) => isLookStep(step, every ?? lookInterval(begun().totalSteps), begun().totalSteps),

    observe(step) {
      numbers.add(step);
    },

    beforeUpdate(method, gradients) {
      release();
      attempt("weights before an update", () => {
        const gradientNorms = measureGradients(gradients);
        const trained = Object.entries(method.trainable).filter(([name]) => gradients[name] !== undefined);
        before = {
          trained: Object.fromEntries(trained.map(([name, variable]) => [name, kept(variable)])),
          teacher: teacherPairs(method).map(({ teacher }) => kept(teacher)),
          gradientNorms,
        };
      });
    },

    measure(method, probe, context) {
      const { facts } = begun();
      try {
        const weights = attempt("weights", () => ofWeights(method));
        const found = probe === undefined ? { signals: {}, errors: [] } : probed.measure(method, probe, context, facts.batchSize);
        found.errors.forEach(note);
        const sample = images === undefined ? {} : { ...imageShares(images), ...(probe === undefined ? {} : { probeImages: probe.size }) };
        images = undefined;
        return finite({ ...numbers.take(), ...weights, ...found.signals, ...sample });
      } finally {
        release();
      }
    },

    sinceLastLook: () => finite(numbers.take()),

    take(logged: LoggedSignals) {
      const { facts, totalSteps, precision } = begun();
      if (!lines.add(logged)) return diagnoses;
      try {
        diagnoses = diagnose({ facts, totalSteps, precision, logged: lines.lines });
      } catch (error) {
        note(new Error(`diagnose: ${(error as Error).message}`, { cause: error })); // no reason to end the run
      }
      return diagnoses;
    },

    describe: describeDiagnosis,

    dispose: release,
  };
}
