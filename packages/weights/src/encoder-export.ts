import type { FloatType } from "@ssl-vit/safetensors";
import type { Preprocessing } from "./preprocessing.js";
import type { EncoderValues } from "./variable-values.js";

/** What a form of export is told. */
export interface ExportOptions {
  readonly preprocessing: Preprocessing;
  /** For `hf`: the class of transformers. Default: DINOv2's where it can be, with registers where there are some; else ViT's, or I-JEPA's without [CLS]. */
  readonly model?: "dinov2" | "vit" | undefined;
  /** For `timm`, whose normalisations have an ε of 1e-6 always: write an encoder with a larger ε all the same. Its tokens differ there. */
  readonly changeEpsilon?: boolean | undefined;
  /** For `onnx`: one more output, `attentions` [batch, heads, tokens, tokens], the probabilities of the last block. Default false. */
  readonly attentions?: boolean | undefined;
  /** How numbers are written. */
  readonly dtype: FloatType;
}

/** What a model is for that is more than an encoder: the hub has no task of that name. */
export interface ExportPurpose {
  /** More of the model, behind the encoder's sizes. */
  readonly model: string;
  /** What to use it for. */
  readonly use: string;
}

/** A folder's content in some library's form, but for the bytes of the weights. */
export interface EncoderExport {
  readonly config: Readonly<Record<string, unknown>>;
  /** For model.safetensors, under the library's names; undefined where weights are in another file. */
  readonly tensors?: EncoderValues;
  /** Other files. */
  readonly files: ReadonlyMap<string, string | Uint8Array>;
  /** Other safetensors files, which libraries pass over. */
  readonly besides?: ReadonlyMap<string, EncoderValues>;
  /** What the model card has to say of this form. */
  readonly notes?: readonly string[];
  /** What the model card says of it in place of what it says of an encoder that gives features. */
  readonly purpose?: ExportPurpose;
  /** Hugging Face's name of the library that loads it. */
  readonly library: string;
}
