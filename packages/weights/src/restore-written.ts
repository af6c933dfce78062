import { mlpWidth } from "@ssl-vit/nn";
import type { VitConfig, VitOptions } from "@ssl-vit/vit";
import { type EncoderTensors, withTensors } from "./encoder-tensors.js";
import type { StateDict } from "./state-dict.js";

interface Restored {
  readonly options: VitOptions;
  readonly tensors: EncoderTensors;
}

/** What must be the same for a folder still to hold the encoder that was written there. */
const identity = ["imageSize", "patchSize", "channels", "embedDim", "depth", "numHeads", "mlp", "qkvBias", "clsToken", "registerTokens", "layerNormEpsilon"] as const;

/**
 * Undoes what another library's form made of an encoder of ours: LayerScale factors of 1 and positions of 0 that it asks for and the encoder does not have. Others
 * may have trained the weights since, and then what they made of them stays.
 *
 * @param options read off the folder
 * @param written the configuration of the encoder that was saved, which exports of this project note
 * @param readRegisters what an export keeps of registers with positions, where there is such a file
 */
export async function restoreWritten(options: VitOptions, tensors: EncoderTensors, written: VitOptions, readRegisters: () => Promise<StateDict | undefined>): Promise<Restored> {
  const withDefaults = { mlp: "gelu", layerNormEpsilon: 1e-6, registerTokens: 0, qkvBias: true, clsToken: true, ...written };
  if (identity.some((name) => JSON.stringify(withDefaults[name]) !== JSON.stringify(options[name]))) return { options, tensors };
  const { size, seed, dropPathRate, initialization, positionEmbedding, positionInterpolation } = written;
  const kept = Object.entries({ size, seed, dropPathRate, initialization, positionEmbedding, positionInterpolation }).filter(([, value]) => value !== undefined);
  const mlpRatio = written.mlpRatio !== undefined && hiddenWidth(written.mlpRatio, options) === hiddenWidth(options.mlpRatio!, options) ? written.mlpRatio : options.mlpRatio!;
  const restored: Restored = { options: { ...options, mlpRatio, positionInterpolation: "antialias", ...Object.fromEntries(kept) }, tensors };
  const scaled = await restoreScale(restored, written);
  const isSummed = written.prefixPositions !== false && written.prefixPositions !== "cls" && scaled.options.prefixPositions === "cls";
  return isSummed ? restoreRegisters(scaled, readRegisters) : restorePositions(scaled, written);
}

/** Registers and their positions, if their sum is still what the folder holds. */
async function restoreRegisters({ options, tensors }: Restored, readRegisters: () => Promise<StateDict | undefined>): Promise<Restored> {
  const state = await readRegisters();
  if (state === undefined) return { options, tensors };
  try {
    const [dim, count] = [options.embedDim!, options.registerTokens!];
    const [registers, positions] = [await state.read("reg_token"), await state.read("register_positions")];
    const sums = await tensors.read("reg_token");
    const isWhole = registers.length === count * dim && positions.length === count * dim && sums.length === count * dim;
    if (!isWhole || sums.some((sum, index) => sum !== Math.fround(registers[index]! + positions[index]!))) return { options, tensors };
    const others = await tensors.read("pos_embed");
    const all = new Float32Array(others.length + positions.length);
    all.set(others.subarray(0, dim));
    all.set(positions, dim);
    all.set(others.subarray(dim), dim + positions.length);
    const changes = new Map([
      ["reg_token", { shape: [1, count, dim], values: registers }],
      ["pos_embed", { shape: [1, all.length / dim, dim], values: all }],
    ]);
    return { options: { ...options, prefixPositions: true }, tensors: withTensors(tensors, changes) };
  } finally {
    await state.close();
  }
}

const hiddenWidth = (mlpRatio: number, { embedDim, mlp }: VitOptions): number => mlpWidth({ dim: embedDim!, mlpRatio, mlp });

async function restoreScale({ options, tensors }: Restored, written: VitOptions): Promise<Restored> {
  if (options.layerScale === undefined) return { options, tensors };
  if (written.layerScale !== undefined) return { options: { ...options, layerScale: written.layerScale }, tensors };
  const scales = [...tensors.names].filter((name) => /\.ls[12]\.gamma$/.test(name));
  if (scales.length !== 2 * options.depth!) return { options, tensors };
  for (const name of scales) {
    if ((await tensors.read(name)).some((factor) => factor !== 1)) return { options, tensors };
  }
  const others = Object.entries(options).filter(([name]) => name !== "layerScale");
  return { options: Object.fromEntries(others), tensors: withTensors(tensors, new Map(scales.map((name) => [name, undefined]))) };
}

async function restorePositions({ options, tensors }: Restored, written: VitOptions): Promise<Restored> {
  const { prefixPositions = true } = written;
  const rows = (placed: VitConfig["prefixPositions"]): number => (placed === false ? 0 : Number(options.clsToken) + (placed === "cls" ? 0 : options.registerTokens!));
  const [there, before] = [rows(options.prefixPositions ?? true), rows(prefixPositions)];
  if (there === before) return { options: { ...options, prefixPositions }, tensors };
  if (there < before || !tensors.names.has("pos_embed")) return { options, tensors };
  const dim = options.embedDim!;
  const values = await tensors.read("pos_embed");
  if (values.subarray(before * dim, there * dim).some((value) => value !== 0)) return { options, tensors };
  const fewer = new Float32Array(values.length - (there - before) * dim);
  fewer.set(values.subarray(0, before * dim));
  fewer.set(values.subarray(there * dim), before * dim);
  return { options: { ...options, prefixPositions }, tensors: withTensors(tensors, new Map([["pos_embed", { shape: [1, fewer.length / dim, dim], values: fewer }]])) };
}
