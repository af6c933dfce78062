// Charts of what a sitting measured beside PyTorch.
import { drawScores } from "@ssl-vit/visualize";
import { precisionWords, productsOf } from "./gemm.js";
import { comparedSteps } from "./steps-table.js";

/** @typedef {import("@ssl-vit/sitting/published-files.js").Sitting} Sitting */

/** @param {readonly number[]} values @returns {[number, number]} */
const ends = (values) => [Math.min(...values), Math.max(...values)];

/** How many times as fast our steps are, by workload and precision. @param {Sitting} sitting @returns {Promise<Readonly<Record<string, string>>>} by file name */
export async function stepsFigures({ circumstances: { rounds, cpu, threads }, measurements }) {
  const compared = comparedSteps(measurements);
  if (compared.length === 0) return {};
  const { svg } = await drawScores({
    scores: compared.map((one) => ({ name: one.workload, series: precisionWords(one), value: one.ratio, interval: ends(one.rounds.filter((round) => round !== undefined)) })),
    reference: 1,
    axis: "time of PyTorch's step ÷ ours",
    title: "Training steps beside PyTorch's",
    caption: `${cpu ?? "an unknown processor"}, ${threads} threads; right of 1 ours is faster; ${rounds === 1 ? "one round" : `bars: from the least to the most of ${rounds} rounds`}`,
  });
  return { "ratios.svg": svg };
}

/** Rates of matrix products on both sides: a chart a precision. @param {Sitting} sitting @returns {Promise<Readonly<Record<string, string>>>} by file name */
export async function gemmFigures({ circumstances: { cpu, threads }, measurements }) {
  const products = productsOf(measurements);
  const charts = [...new Set(products.map(({ precision }) => precision))].map(async (precision) => {
    const own = products.filter((product) => product.precision === precision);
    const names = [...new Set(own.map(({ m, n, k }) => `${m} × ${n} × ${k}`))];
    const scores = names.flatMap((name) =>
      /** @type {const} */ ([["ours", "native"], ["PyTorch", "pytorch"]]).flatMap(([series, side]) => {
        const rates = own.flatMap(({ m, n, k, [side]: rate }) => (`${m} × ${n} × ${k}` === name && rate !== undefined ? [rate] : []));
        return rates.length === 0 ? [] : [{ name, series, value: rates.reduce((sum, rate) => sum + rate, 0) / rates.length, interval: ends(rates) }];
      }),
    );
    const { svg } = await drawScores({
      scores,
      // Amounts are seen from 0.
      reference: 0,
      axis: "GFLOP/s",
      title: `Matrix products, ${precisionWords({ asked: precision, computed: own[0].computed })}`,
      caption: `m × n × k; ${cpu ?? "an unknown processor"}, ${threads} threads; bars: from the least to the most of A·B, A·Bᵀ, Aᵀ·B and Aᵀ·Bᵀ, marks: their mean`,
    });
    return /** @type {const} */ ([`gflops-${precision}.svg`, svg]);
  });
  return Object.fromEntries(await Promise.all(charts));
}
