import { SingleBar } from "cli-progress";
import type { StepReport } from "@ssl-vit/trainer";
import { colors, duration, say } from "./console-output.js";
import { whyUntold } from "./why-untold.js";

/** Shows where a run is: one line that is rewritten on a terminal, a plain line every so often elsewhere. */
export interface ProgressLine {
  show(report: StepReport): void;
  /** Prints a message without breaking the line. */
  message(text: string): void;
  close(): void;
}

const SECONDS_BETWEEN_LINES = 10;

const epochs = (count: number): string => count.toFixed(count < 1 ? 3 : 1);

const isAccuracy = (name: string): boolean => name.endsWith("Top1");

/** What of an evaluation has room in the line: accuracies, and two of the numbers without labels. */
const isShown = (name: string): boolean => isAccuracy(name) || name === "rankMe" || name === "lidar";

/** Above it a diagnosis is red, below yellow. */
const SURE = 0.8;

/** What is wrong with the run so far, in a word; nothing before anything could be told. */
function verdictOf({ diagnoses, step, totalSteps }: StepReport, looks: number): readonly string[] {
  if (diagnoses === undefined) return [];
  const [top] = diagnoses;
  if (top !== undefined) return [top.confidence >= SURE ? colors.red(top.name) : colors.yellow(top.name)];
  return whyUntold({ looks, step, totalSteps }) === undefined ? ["healthy"] : [];
}

/** What the line keeps of earlier steps. */
interface Kept {
  /** An evaluation is shown until the next one. */
  readonly evaluation: StepReport["evaluation"];
  /** Steps that the monitor looked at, of those that were reported. */
  readonly looks: number;
}

const withReport = ({ evaluation, looks }: Kept, report: StepReport): Kept => ({
  evaluation: report.evaluation ?? evaluation,
  looks: looks + (report.signals === undefined ? 0 : 1),
});

/** `epoch 3.2/10 · step 320/1000 · loss 4.213 · healthy · knnTop1 34.1 % · lr 5.0e-4 · 812 images/s · data 2 % · 410 MB · 1 min 20 s left` */
function progressText(report: StepReport, { evaluation, looks }: Kept): string {
  const metrics = Object.entries(report.metrics).map(([name, value]) => `${name} ${value.toFixed(2)}`);
  const judged = Object.entries(evaluation ?? {})
    .filter(([name]) => isShown(name))
    .map(([name, value]) => `${name} ${isAccuracy(name) ? `${(value * 100).toFixed(1)} %` : value.toPrecision(3)}`);
  return [
    `epoch ${epochs(report.epoch)}/${epochs(report.totalEpochs)}`,
    `step ${report.step}/${report.totalSteps}`,
    `loss ${report.loss.toFixed(4)}`,
    ...verdictOf(report, looks),
    ...metrics,
    ...judged,
    `lr ${report.learningRate.toExponential(1)}`,
    `${Math.round(report.imagesPerSecond)} images/s`,
    `data ${Math.round(report.dataWaitShare * 100)} %`,
    `${report.memoryMb} MB`,
    `${duration(report.secondsLeft)} left`,
  ].join(" · ");
}

/** A progress line on standard error. */
export function createProgressLine(isTerminal: boolean): ProgressLine {
  let kept: Kept = { evaluation: undefined, looks: 0 };
  if (!isTerminal) {
    let last = -Infinity;
    return {
      show(report) {
        const now = performance.now() / 1000;
        kept = withReport(kept, report);
        if (now - last < SECONDS_BETWEEN_LINES && report.step !== report.totalSteps && report.evaluation === undefined) return;
        last = now;
        say(progressText(report, kept));
      },
      message: say,
      close: () => undefined,
    };
  }
  const bar = new SingleBar({ format: "{bar} {text}", barsize: 16, hideCursor: true, clearOnComplete: false, stream: process.stderr, fps: 5, noTTYOutput: false });
  let started = false;
  return {
    show(report) {
      kept = withReport(kept, report);
      const payload = { text: progressText(report, kept) };
      if (!started) bar.start(report.totalSteps, report.step, payload);
      started = true;
      bar.update(report.step, payload);
    },
    message(text) {
      if (started) process.stderr.write("\r\u001B[K");
      say(text);
    },
    close() {
      if (started) bar.stop();
    },
  };
}
