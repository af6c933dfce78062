import type { RunSignals } from "@ssl-vit/diagnose";
import { readRunConfig } from "@ssl-vit/trainer";
import type { RunState } from "./run-state.js";

/** What is not known has no number. */
const shown = (value: unknown): string => (Array.isArray(value) ? value.join(" × ") : Number.isNaN(value) ? "?" : String(value));

/** `6 blocks of 64, 2 heads, patches of 4 px in 32 × 32 px`, of what the run says of its encoder. */
function modelOf(encoder: Readonly<Record<string, unknown>>): string {
  const part = (name: string, text: (value: string) => string): string[] => (encoder[name] === undefined ? [] : [text(shown(encoder[name]))]);
  const blocks = [...part("depth", (depth) => `${depth} blocks`), ...part("embedDim", (dim) => `of ${dim}`)].join(" ");
  const patches = [...part("patchSize", (size) => `patches of ${size} px`), ...part("imageSize", (size) => `in ${size} px`)].join(" ");
  return [blocks, ...part("numHeads", (heads) => `${heads} heads`), patches].filter((text) => text !== "").join(", ") || "unknown";
}

/**
 * What a run is, in lines for a person: method, model, data, how far it got.
 *
 * @param folder of the run, as it was given
 */
export async function describeRun(folder: string, run: RunSignals, state: RunState): Promise<readonly string[]> {
  const { method, encoder, data, batchSize, accumulate, optimizer } = run.facts;
  const saved = await readRunConfig(folder).catch(() => undefined);
  const preset = (saved?.about as { readonly preset?: unknown } | undefined)?.preset;
  const where = saved === undefined ? "" : ` (${saved.run.data.kind}) in ${saved.run.data.location}`;
  const images = `${accumulate === 1 ? "" : `${accumulate} × `}${shown(batchSize)} images each`;
  return [
    `run       ${folder}: ${state.text}`,
    `method    ${method.name}${preset === undefined ? "" : `, preset ${shown(preset)}`}`,
    `model     ${modelOf(encoder)}`,
    `data      ${shown(data.images)} images${where}`,
    `steps     ${state.step} of ${run.totalSteps}, ${images}; ${optimizer.name}, learning rate ${shown(optimizer.learningRate)}${run.precision === undefined ? "" : `, ${run.precision}`}`,
  ];
}
