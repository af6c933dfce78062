import { ConfigError } from "@ssl-vit/core";
import { filesIn } from "#files";
import { isRecord, parseConfig } from "./config-fields.js";
import type { Branch, FoundEncoder } from "./find-encoder.js";
import { findEncoder } from "./find-encoder.js";
import { timmKeys } from "./key-map-timm.js";
import type { ModelClaims } from "./model-claims.js";
import { modelFolder } from "./model-folder.js";
import { safetensorsIn } from "./open-safetensors.js";
import { openStateDict } from "./open-state-dict.js";
import { readOwnConfig } from "./read-config-own.js";
import { officialClaims } from "./read-config-official.js";
import { readTimmConfig } from "./read-config-timm.js";
import { readTransformersConfig } from "./read-config-transformers.js";
import type { StateDict } from "./state-dict.js";

/** Weights with what is known of their model; the state dict is to be closed. */
export interface OpenedModel {
  /** The folder or file, in messages. */
  readonly location: string;
  readonly state: StateDict;
  readonly claims: ModelClaims;
  readonly encoder: FoundEncoder;
  /** A safetensors file that lies beside the weights, or undefined where there is none; to be closed. */
  readonly openBeside: (name: string) => Promise<StateDict | undefined>;
  /** The values of config.json; empty where there is none. */
  readonly config: Readonly<Record<string, unknown>>;
  /** The file is the model alone: a name beside the encoder's is unexpected. False for checkpoints of a training. */
  readonly isComplete: boolean;
}

/** Which of the weights in a checkpoint of a training. */
export interface WhichWeights {
  /** Which of its two networks. Default: the one that the authors evaluate, the teacher where there is one (of MoCo v3 the base encoder). */
  readonly branch?: Branch;
  /** The keys that lead to the weights in a file of torch.save, joined with dots, where they are not the usual ones. */
  readonly inside?: string;
}

/** Under which key checkpoints of torch.save hold a network (DINO and iBOT; MSN and I-JEPA). */
const keysOf: Readonly<Record<Branch, readonly string[]>> = { student: ["student", "encoder"], teacher: ["teacher", "target_encoder"] };

/** The state dict, and whether it is that of the branch asked for; else the branch is to be told by the names in it. */
async function openBranch(weights: string, branch?: Branch, inside?: string): Promise<{ state: StateDict; isChosen: boolean }> {
  if (inside !== undefined) return { state: await openStateDict(weights, { inside }), isChosen: false };
  for (const key of branch === undefined ? [] : keysOf[branch]) {
    const state = await openStateDict(weights, { inside: key }).catch((error: unknown) => {
      if (ConfigError.isInstance(error)) return undefined;
      throw error;
    });
    if (state?.names.some((name) => name.endsWith(timmKeys.anchor)) === true) return { state, isChosen: !state.names.some((name) => name.startsWith(`${key}.`)) };
    await state?.close();
  }
  return { state: await openStateDict(weights), isChosen: false };
}

/**
 * Finds out what a folder or file of weights is, and opens it. Nothing but names, shapes and the configuration is read.
 *
 * @throws ConfigError for what is no model that is read here
 */
export async function openModel(location: string, { branch, inside }: WhichWeights = {}): Promise<OpenedModel> {
  const { claims, config, weights, folder } = await readFolder(location);
  const { state, isChosen } = await openBranch(weights, branch, inside);
  try {
    const encoder = findEncoder(state.names, claims?.families ?? [timmKeys], weights, isChosen ? undefined : branch);
    const openBeside = async (name: string): Promise<StateDict | undefined> => {
      const source = folder === undefined ? undefined : await filesIn(folder).open(name);
      return source === undefined ? undefined : safetensorsIn(source);
    };
    return { location, state, encoder, config, openBeside, isComplete: claims !== undefined, claims: claims ?? officialClaims(state.names, encoder, weights) };
  } catch (error) {
    await state.close();
    throw error;
  }
}

/** The configuration that lies in a folder, or beside a file of the names that libraries give to a model's weights, and where its weights are. */
async function readFolder(location: string): Promise<{ claims?: ModelClaims; config: Readonly<Record<string, unknown>>; weights: string; folder?: string }> {
  const { folder, isFile } = modelFolder(location);
  if (folder === undefined) return { config: {}, weights: location };
  const text = await filesIn(folder).readText("config.json");
  if (text === undefined) return (await readRun(folder, isFile ? location : undefined)) ?? { config: {}, weights: location };
  const file = `${folder}/config.json`;
  const config = parseConfig(text, file);
  return { claims: readClaims(config, file), config, weights: location, folder };
}

function readClaims(config: Readonly<Record<string, unknown>>, file: string): ModelClaims {
  if (config["library"] === "ssl-vit") return readOwnConfig(config, "encoder", file);
  if (config["library"] === "timm" || typeof config["architecture"] === "string") return readTimmConfig(config, file);
  if (config["model_type"] !== undefined) return readTransformersConfig(config, file);
  const fix = "Read are folders of transformers (model_type), timm (architecture) and ssl-vit (library).";
  throw new ConfigError({ package: "weights", what: file, expected: "model_type, architecture or library", received: Object.keys(config).join(", ") || "{}", fix });
}

/**
 * A run of this project: its newest checkpoint, or the one that is named by its folder, by `checkpoints/best`, or by a file in it.
 *
 * @param weights the file, where one is named
 */
async function readRun(folder: string, weights?: string): Promise<{ claims: ModelClaims; config: Readonly<Record<string, unknown>>; weights: string } | undefined> {
  const [, run = folder, named = "last"] = /^(.+)[/\\]checkpoints[/\\]([\w-]+)$/.exec(folder) ?? [];
  const files = filesIn(run);
  const text = await files.readText("config.resolved.json");
  if (text === undefined) return undefined;
  const file = `${run}/config.resolved.json`;
  const config = parseConfig(text, file);
  const checkpoint = named === "last" || named === "best" ? (await files.readText(`checkpoints/${named}`))?.trim() : named;
  if (weights === undefined && (checkpoint === undefined || !/^[\w-]+$/.test(checkpoint))) {
    throw new ConfigError({ package: "weights", what: `${run}/checkpoints/${named}`, expected: "the name of a checkpoint", received: checkpoint ?? "no such file", fix: "The run was stopped before its first save." });
  }
  return { claims: readOwnConfig(isRecord(config["run"]) ? config["run"] : {}, "encoder", file), config, weights: weights ?? `${run}/checkpoints/${checkpoint}/model.safetensors` };
}
