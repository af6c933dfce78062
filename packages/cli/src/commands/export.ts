import { readdir } from "node:fs/promises";
import { ConfigError } from "@ssl-vit/core";
import { type EncoderFormat, saveEncoder, saveMaskedAutoencoder } from "@ssl-vit/weights";
import { Command, Option } from "commander";
import { say } from "../console-output.js";
import { weightsOption } from "../draw-images.js";
import { exportCard } from "../export-card.js";
import { exportedFiles, exportedFilesAre } from "../exported-files.js";
import { flagOf } from "../flag-of.js";
import { loadCheckpoint } from "../load-checkpoint.js";
import { loadDecoded } from "../load-decoded.js";
import { type EngineFlags, engineOptions, startEngine } from "../start-engine.js";

interface ExportOptions extends EngineFlags {
  readonly checkpoint: string;
  readonly weights: "last" | "average";
  readonly format: EncoderFormat;
  readonly out: string;
  readonly dtype: "F32" | "F16" | "BF16";
  readonly model?: "dinov2" | "vit" | "vit-mae";
  readonly attentions?: boolean;
  readonly changeEpsilon?: boolean;
  readonly name?: string;
  readonly license?: string;
  readonly overwrite?: boolean;
}

/** What loads a folder of each format. */
const loaders: Readonly<Record<EncoderFormat, string>> = {
  hf: "transformers (AutoModel.from_pretrained) and ssl-vit",
  timm: 'timm (timm.create_model("local-dir:FOLDER", pretrained=True)) and ssl-vit',
  onnx: "transformers.js (image-feature-extraction) and ONNX Runtime",
  safetensors: "ssl-vit (loadEncoder of @ssl-vit/weights)",
};

/** Options that one format alone knows. */
const onlyWith = { model: ["hf", "onnx"], attentions: ["onnx"], changeEpsilon: ["timm"] } as const satisfies Readonly<Record<string, readonly EncoderFormat[]>>;

/** `ssl-vit export` */
export function exportCommand(): Command {
  const command = new Command("export")
    .description("Write an encoder as a folder that transformers, transformers.js, timm or ONNX Runtime load, with its preprocessing and a model card.")
    .requiredOption("-c, --checkpoint <folder>", "a run's folder, one of its checkpoints, or weights (a folder of ssl-vit export, transformers or timm, an author's .pth)")
    .addOption(new Option("-f, --format <name>", "hf: transformers · timm · onnx: transformers.js, ONNX Runtime · safetensors: as it is, for ssl-vit").choices(Object.keys(loaders)).makeOptionMandatory())
    .requiredOption("-o, --out <folder>", "a new folder")
    .addOption(weightsOption())
    .addOption(new Option("--dtype <type>", "how numbers are written; F16 and BF16 are half as large, and round").choices(["F32", "F16", "BF16"]).default("F32"))
    .addOption(new Option("--model <class>", "of hf and onnx: the class of transformers (default: dinov2 where the encoder can be one). vit-mae, of hf: ViTMAEForPreTraining, with the decoder").choices(["dinov2", "vit", "vit-mae"]))
    .option("--attentions", "of onnx: one more output, the last block's attention")
    .option("--change-epsilon", "of timm: write an encoder whose normalisations have a larger ε than timm's 1e-6 all the same; its tokens differ there")
    .option("--name <title>", "title of the model card")
    .option("--license <id>", "of the weights, for the model card: apache-2.0, cc-by-nc-4.0, …")
    .option("--overwrite", "replace files of the same names in a folder that is there")
    .addHelpText(
      "after",
      `
Examples:
  $ ssl-vit export --checkpoint runs/dino --format hf --out my-vit
  $ ssl-vit export --checkpoint runs/dino/checkpoints/best --format onnx --out my-vit-onnx
  $ ssl-vit export --checkpoint runs/mae --format hf --model vit-mae --out my-masked-autoencoder
  $ ssl-vit export --checkpoint dino_deitsmall16_pretrain.pth --format timm --out dino-small-timm`,
    );
  for (const option of engineOptions()) command.addOption(option);
  return command.action(exportEncoder);
}

function refuseForeignOptions(options: ExportOptions): void {
  for (const [name, formats] of Object.entries(onlyWith) as [keyof typeof onlyWith, readonly EncoderFormat[]][]) {
    if (options[name] === undefined || formats.includes(options.format)) continue;
    throw new ConfigError({ package: "cli", what: flagOf(name), expected: `with --format ${formats.join(" or ")}`, received: `--format ${options.format}` });
  }
  if (options.model !== "vit-mae") return;
  if (options.format !== "hf") throw new ConfigError({ package: "cli", what: "--model vit-mae", expected: "with --format hf", received: `--format ${options.format}` });
  if (options.weights === "average") throw new ConfigError({ package: "cli", what: "--model vit-mae", expected: "the last weights, since no average of a decoder is kept", received: "--weights average" });
}

async function exportEncoder(options: ExportOptions): Promise<void> {
  refuseForeignOptions(options);
  const there = await readdir(options.out).catch(() => []);
  if (there.length > 0 && options.overwrite !== true) {
    throw new ConfigError({ package: "cli", what: "--out", expected: "a new or empty folder", received: `${options.out} with ${there.slice(0, 6).join(", ")}${there.length > 6 ? ", …" : ""}`, fix: "Name another one, or add --overwrite." });
  }
  const { checkpoint, format, out, dtype, model, attentions, changeEpsilon, overwrite } = options;
  await startEngine(options);
  const loaded = await loadCheckpoint(checkpoint, options.weights);
  const { encoder, normalize, imageSize, fit, cropRatio, interpolation, description } = loaded;
  const { layout } = encoder;
  say(`model     ${description}: ${layout.depth} blocks of ${layout.embedDim}, ${layout.numHeads} heads, patches of ${layout.patchSize} px in ${layout.imageSize.join(" × ")} px`);
  const files = await exportedFiles(loaded, options);
  const settings = {
    dtype,
    preprocessing: { imageSize, ...normalize, ...(fit === undefined ? {} : { fit }), ...(cropRatio === undefined ? {} : { cropRatio }), ...(interpolation === undefined ? {} : { interpolation }) },
    card: await exportCard(loaded, options, Object.keys(files)),
    files,
    ...(overwrite === undefined ? {} : { overwrite }),
  };
  if (model === "vit-mae") {
    await saveMaskedAutoencoder(await loadDecoded(checkpoint, loaded), out, settings);
    say(`wrote     ${out}, for transformers (ViTMAEForPreTraining.from_pretrained) and ssl-vit`);
  } else {
    const more = { ...(model === undefined ? {} : { model }), ...(attentions === undefined ? {} : { attentions }), ...(changeEpsilon === undefined ? {} : { changeEpsilon }) };
    await saveEncoder(encoder, out, { format, ...settings, ...more });
    say(`wrote     ${out}, for ${loaders[format].replace("FOLDER", out)}`);
  }
  for (const name of Object.keys(files)) say(`          ${name} there: ${exportedFilesAre[name]!}`);
  if (options.license === undefined) say("          its README.md names no licence: --license does");
}
