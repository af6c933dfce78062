import { measurePresetCost, type PresetCost } from "@ssl-vit/bench";
import { ConfigError, type MethodFactory, nearest } from "@ssl-vit/core";
import { type VitSize, vitSizes } from "@ssl-vit/vit";
import { Command } from "commander";
import { wholeNumber } from "../argument-parsers.js";
import { print, printJson, say } from "../console-output.js";
import { installedMethods, loadMethod } from "../load-method.js";
import { markdownTable } from "../markdown-table.js";

interface CostFlags {
  readonly methods?: string;
  readonly models: string;
  readonly preset?: string;
  readonly imageSize: number;
  readonly patchSize: number;
  readonly batchSize: number;
  readonly draws: number;
  readonly json?: boolean;
}

interface Row extends PresetCost {
  readonly model: VitSize;
}

/** Names with commas between them, at least one. */
function listed(flag: string, text: string): string[] {
  const names = text.split(",").map((name) => name.trim()).filter((name) => name !== "");
  if (names.length === 0) throw new ConfigError({ package: "cli", what: flag, expected: "names with commas between them", received: `"${text}"` });
  return names;
}

function modelsOf(text: string): readonly VitSize[] {
  const known = Object.keys(vitSizes);
  return listed("--models", text).map((given) => {
    const name = given.replace(/^vit-/, "");
    if (known.includes(name)) return name as VitSize;
    const hint = nearest(name, known);
    throw new ConfigError({ package: "cli", what: "--models", expected: `some of ${known.join(", ")}`, received: `"${given}"`, ...(hint === undefined ? {} : { fix: `Did you mean "${hint}"?` }) });
  });
}

const methodsOf = async (text: string | undefined): Promise<readonly MethodFactory[]> =>
  text === undefined ? (await installedMethods()).map(({ factory }) => factory) : Promise.all(listed("--methods", text).map(loadMethod));

const millions = (count: number): string => (count / 1e6).toFixed(1);
const giga = (count: number): string => (count / 1e9).toFixed(2);
const gigabytes = (bytes: number): string => (bytes / 1e9).toFixed(2);

function costTable(rows: readonly Row[], batchSize: number): string {
  return markdownTable(
    [
      ...["method", "preset", "model", "encoder, M parameters", "trained, M parameters"],
      ...["encode, GFLOP/image", "step, GFLOP/image", "carried out, GFLOP/image", "at rest, GB", `step, GB, batch of ${batchSize}`],
    ],
    rows.map(({ method, preset, model, parameters, flops, memory }) => [
      ...[method, preset ?? "", model, millions(parameters.encoder), millions(parameters.trained)],
      ...[giga(flops.encode), giga(flops.step), giga(flops.carriedOut), gigabytes(memory.resting), gigabytes(memory.step)],
    ]),
  );
}

/** `ssl-vit bench cost` */
export function costCommand(): Command {
  return new Command("cost")
    .description("Count the parameters, operations and memory of training steps by method and model, without computing anything.")
    .option("--methods <names>", "with commas between them; installed methods or packages. Default: all that are installed")
    .option("--models <names>", "sizes of the ViT, with commas between them", "tiny,small,base,large,huge")
    .option("--preset <name>", "recipe of the methods. Default: the first named paper… that takes such a batch")
    .option("--image-size <px>", "in place of the preset's", wholeNumber(1), 224)
    .option("--patch-size <px>", "in place of the preset's", wholeNumber(1), 16)
    .option("--batch-size <n>", "images a step", wholeNumber(1), 256)
    .option("--draws <n>", "steps whose mean counts where masks are drawn at random", wholeNumber(1), 16)
    .option("--json", "one JSON array on standard output")
    .addHelpText(
      "after",
      `
Parameters are those of the encoder alone, and all that a step trains: heads and decoders as well. Operations are those of matrix products, for one image: forward
through the encoder ("encode"), and a step with all its views, forward and backward, teacher included. "carried out" is what the native engine does of it: less in
the last block, where only [CLS] is needed; more in attention's gradient. Memory is that of tensors on the native engine, for the whole batch: what stays between
steps, and what a step needs besides.

Examples:
  $ ssl-vit bench cost --methods dino,mae --models small,huge
  $ ssl-vit bench cost --methods simclr --models tiny --image-size 32 --patch-size 4 --batch-size 512 --json`,
    )
    .action(async ({ methods: names, models: sizes, preset, imageSize, patchSize, batchSize, draws, json }: CostFlags) => {
      const models = modelsOf(sizes);
      const rows: Row[] = [];
      for (const method of await methodsOf(names)) {
        for (const model of models) {
          const cost = await measurePresetCost({ method, ...(preset === undefined ? {} : { preset }), size: model, imageSize, patchSize, batchSize, draws });
          rows.push({ ...cost, model });
          say(`${method.methodName} ${model}: ${giga(cost.flops.step)} GFLOP/image, ${gigabytes(cost.memory.step)} GB a step of ${batchSize}`);
        }
      }
      if (json !== true) {
        print(costTable(rows, batchSize));
        return;
      }
      printJson(
        rows.map(({ method, preset: used, model, parameters, flops, memory }) => ({
          method,
          preset: used ?? null,
          model,
          image_size: imageSize,
          patch_size: patchSize,
          batch_size: batchSize,
          parameters_encoder: parameters.encoder,
          parameters_trained: parameters.trained,
          flops_encode: flops.encode,
          flops_step: flops.step,
          flops_carried_out: flops.carriedOut,
          bytes_at_rest: memory.resting,
          bytes_of_step: memory.step,
        })),
      );
    });
}
