// --masking: MAE's step at several mask ratios, in turn: an encoder that does not see a patch does not compute it.
import { median } from "@ssl-vit/bench";
import { threadCount } from "@ssl-vit/engine";
import { markdownTable } from "@ssl-vit/sitting/markdown-table.js";
import { version_core as tfjs } from "@tensorflow/tfjs-core";
import { measureSslVit } from "./measure.js";

/** @typedef {import("@ssl-vit/sitting/run-sitting.js").Measurement} Measurement */

/** The first masks one patch of 196: as near to none as MAE can be. */
const maskRatios = [0.005, 0.25, 0.5, 0.75];

/** Steps before those that count. */
const WARMUP = 2;

/** What a sitting measures, in its order. @param {{ precisions: string[], rounds: number }} options */
export const maskingKeys = ({ precisions, rounds }) =>
  Array.from({ length: rounds }, (_, index) => index + 1).flatMap((round) => precisions.flatMap((precision) => maskRatios.map((ratio) => ({ round, precision_asked: precision, mask_ratio: ratio }))));

/** @param {readonly Measurement[]} measurements */
export function maskingTable(measurements) {
  const precisions = [...new Set(measurements.map(({ precision_asked: asked }) => asked))];
  const rows = precisions.flatMap((asked) => {
    const of = (/** @type {number} */ ratio, /** @type {"ms" | "ms_min"} */ number) => measurements.filter((turn) => turn.precision_asked === asked && turn.mask_ratio === ratio).map((turn) => turn[number]);
    const all = maskRatios.filter((ratio) => of(ratio, "ms").length > 0);
    const whole = all[0];
    return whole === undefined
      ? []
      : all.map((ratio) => {
          const [ms, least] = [median(of(ratio, "ms")), Math.min(...of(ratio, "ms_min"))];
          const shares = [ms / median(of(whole, "ms")), least / Math.min(...of(whole, "ms_min"))].map((share) => share.toFixed(2));
          return [asked, `${(ratio * 100).toFixed(1)} %`, 196 - Math.floor(196 * (1 - ratio)), ms.toFixed(0), ...shares];
        });
  });
  return markdownTable(["precision", "masked", "of 196 patches", "ms a step", "÷ the first", "by least times"], rows);
}

/**
 * @param {{ precisions: string[], rounds: number, steps: number }} options
 * @returns {import("@ssl-vit/sitting/run-sitting.js").Plan}
 */
export function maskingPlan({ precisions, rounds, steps }) {
  return {
    name: "masking",
    options: { precisions, rounds, steps, warmup: WARMUP, threads: threadCount(), tfjs },
    prepare: () =>
      Promise.resolve(
        maskingKeys({ precisions, rounds }).map((key) => ({
          key,
          measure: (signal) => measureSslVit(["bench", "step", "--workload", "mae", "--mask-ratio", String(key.mask_ratio), "--precision", key.precision_asked, "--steps", String(steps), "--warmup", String(WARMUP), "--json"], { signal }),
        })),
      ),
    table: maskingTable,
    line: ({ round, precision_asked: precision, mask_ratio: ratio, ms }) => `round ${round}: mae ${precision}, ${ratio * 100} % masked: ${ms.toFixed(0)} ms`,
  };
}
