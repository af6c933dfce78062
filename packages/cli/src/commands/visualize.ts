import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { evaluationViews } from "@ssl-vit/augment";
import { ConfigError, createRandom, type Encoder, type Float, type Method, type ViewPolicy } from "@ssl-vit/core";
import { createLoader, disposeViewBatch, openDataset, toViewBatch } from "@ssl-vit/data";
import type { MaeMethod } from "@ssl-vit/mae";
import { drawAttention, drawReconstructions, type Picture, savePicture } from "@ssl-vit/visualize";
import { Argument, Command } from "commander";
import { wholeNumber } from "../argument-parsers.js";
import { say } from "../console-output.js";
import { loadRun, loadRunMethod } from "../load-run.js";
import { refuseExistingFile } from "../refuse-existing-file.js";
import { type EngineFlags, engineOptions, startEngine } from "../start-engine.js";

interface VisualizeOptions extends EngineFlags {
  readonly checkpoint: string;
  readonly data: string;
  readonly out: string;
  readonly images: number;
  readonly seed: number;
  readonly overwrite?: boolean;
}

type Draw = (images: Float<"B Y X C">) => Promise<Picture>;

/** `ssl-vit visualize` */
export function visualizeCommand(): Command {
  const command = new Command("visualize")
    .description("Draw what a run learned: where [CLS] looks, or what a masked autoencoder paints.")
    .addArgument(new Argument("<what>").choices(["attention", "reconstruction"]))
    .requiredOption("-c, --checkpoint <folder>", "a run's folder")
    .requiredOption("-d, --data <path>", "images to draw")
    .requiredOption("-o, --out <file.png>", "a new file")
    .option("-n, --images <n>", "how many images", wholeNumber(1), 6)
    .option("--seed <n>", "of the images drawn and the masks", wholeNumber(0), 0)
    .option("--overwrite", "replace the file")
    .addHelpText("after", "\nExample:\n  $ ssl-vit visualize attention --checkpoint runs/dino --data photos/ --out attention.png");
  for (const option of engineOptions()) command.addOption(option);
  return command.action(visualize);
}

const isMae = (method: Method): method is MaeMethod => "reconstruct" in method;

/** What draws, and the view of an image that it takes. */
async function openDrawing(what: string, { checkpoint, seed }: VisualizeOptions): Promise<{ encoder: Encoder; normalize: ViewPolicy["normalize"]; draw: Draw }> {
  const { encoder, normalize, config } = await loadRun(checkpoint);
  if (what === "attention") return { encoder, normalize, draw: (images) => drawAttention({ encoder, images, normalize }) };
  const method = await loadRunMethod(checkpoint);
  if (!isMae(method)) {
    throw new ConfigError({ package: "cli", what: "--checkpoint", expected: "a run of a method that reconstructs images", received: `a run of ${method.name}` });
  }
  const normalizedTarget = config.method.options["normalizeTarget"] === true;
  const { patchSize } = encoder.layout;
  return {
    encoder,
    normalize,
    draw: async (images) => {
      const { prediction, mask } = method.reconstruct(images, createRandom(seed));
      const picture = await drawReconstructions({ images, prediction, mask, patchSize, normalize, normalizedTarget });
      prediction.dispose();
      mask.dispose();
      return picture;
    },
  };
}

async function visualize(what: string, options: VisualizeOptions): Promise<void> {
  const { out, seed } = options;
  refuseExistingFile(options);
  await startEngine(options);
  const { encoder, normalize, draw } = await openDrawing(what, options);
  const data = await openDataset(options.data);
  const loader = createLoader(data, {
    views: evaluationViews({ imageSize: encoder.layout.imageSize[0], normalize }),
    batchSize: Math.min(options.images, data.length),
    seed,
    channels: encoder.layout.channels,
  });
  for await (const hostBatch of loader.batches(0)) {
    const batch = toViewBatch(hostBatch);
    await mkdir(dirname(out), { recursive: true });
    await savePicture(await draw(batch.views[0]!.images), out);
    disposeViewBatch(batch);
    break;
  }
  await loader.close();
  await data.close();
  say(`wrote     ${out}`);
}
