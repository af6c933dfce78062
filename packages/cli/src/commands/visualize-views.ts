import { ConfigError, disposeMethod, type ViewPolicy } from "@ssl-vit/core";
import { drawViews, saveFigure } from "@ssl-vit/visualize";
import { vit } from "@ssl-vit/vit";
import { Command } from "commander";
import { wholeNumber } from "../argument-parsers.js";
import { say } from "../console-output.js";
import { describeViews } from "../describe-views.js";
import { figureFlag, refuseFigureFile } from "../figure-file.js";
import { flagOf } from "../flag-of.js";
import { imagesToDraw } from "../images-to-draw.js";
import { loadMethod } from "../load-method.js";
import { configOf } from "../load-run.js";
import { openImages } from "../open-images.js";
import { changeViews, type PretrainFlags, resolveSettings } from "../resolve-settings.js";
import { type EngineFlags, engineOptions, startEngine } from "../start-engine.js";

interface ViewsOptions extends EngineFlags, Pick<PretrainFlags, "preset" | "config" | "model" | "patchSize" | "imageSize" | "set"> {
  readonly method?: string;
  readonly checkpoint?: string;
  readonly data: string;
  readonly out: string;
  readonly images: number;
  readonly seed: number;
  readonly overwrite?: boolean;
}

/** What to cut from images of so many channels. */
interface Policy {
  readonly views: ViewPolicy;
  readonly channels: number;
  /** Of which method or run. */
  readonly of: string;
}

/** `ssl-vit visualize views` */
export function visualizeViewsCommand(): Command {
  const command = new Command("views")
    .description("What a method's augmentation makes of images: each image and its views, as training would see them.")
    .option("-m, --method <name>", "method whose views to cut, with the options below")
    .option("-c, --checkpoint <folder>", "or a run's folder: the views that it was trained on")
    .requiredOption("-d, --data <path>", "images to draw")
    .requiredOption(...figureFlag)
    .option("-n, --images <n>", "how many images", wholeNumber(1), 6)
    .option("--preset <name>", 'the method\'s recipe to start from (default "small")')
    .option("--config <file>", "YAML or JSON, as of pretrain")
    .option("--model <name>", "vit-tiny, vit-small, …")
    .option("--patch-size <pixels>", "side of a patch", wholeNumber(1))
    .option("--image-size <pixels>", "side of a global view", wholeNumber(1))
    .option("--set <assignments...>", "any option, as of pretrain: method.localViews=6 views.without=[grayscale]")
    .option("--seed <n>", "of the images drawn and of their views", wholeNumber(0), 0)
    .option("--overwrite", "replace the file")
    .addHelpText(
      "after",
      `
Examples:
  $ ssl-vit visualize views --method dino --image-size 96 --data photos/ --out views.png -n 4
  $ ssl-vit visualize views --checkpoint runs/dino --data photos/ --out views.png`,
    );
  for (const option of engineOptions()) command.addOption(option);
  return command.action(visualizeViews);
}

/** The policy of a method with the options of the command line. A method is made to be asked for it, so an engine has to run. */
async function policyOfMethod(name: string, options: ViewsOptions): Promise<Policy> {
  const factory = await loadMethod(name);
  const settings = await resolveSettings(factory, options);
  await startEngine(options);
  const method = factory(vit({ seed: settings.seed, ...settings.model }), { ...settings.method, seed: settings.seed });
  const { layout } = method.encoder;
  const views = changeViews(method.views, layout, settings.views);
  disposeMethod(method);
  return { views, channels: layout.channels, of: name };
}

async function policyOf(options: ViewsOptions): Promise<Policy> {
  const { method, checkpoint } = options;
  if ((method === undefined) === (checkpoint === undefined)) {
    throw new ConfigError({ package: "cli", what: "what to draw", expected: "--method or --checkpoint, one of them", received: method === undefined ? "neither" : "both" });
  }
  if (method !== undefined) return policyOfMethod(method, options);
  for (const name of ["preset", "config", "model", "patchSize", "imageSize", "set"] as const) {
    if (options[name] === undefined) continue;
    throw new ConfigError({ package: "cli", what: flagOf(name), expected: "only with --method", received: "--checkpoint, whose views are drawn as they were" });
  }
  const { views, encoder, method: trained } = await configOf(checkpoint!);
  const channels = encoder["channels"];
  return { views, channels: typeof channels === "number" ? channels : 3, of: trained.name };
}

async function visualizeViews(options: ViewsOptions): Promise<void> {
  const { out } = options;
  refuseFigureFile(options);
  const data = await openImages(options.data);
  try {
    const policy = await policyOf(options);
    const { indices, views } = await imagesToDraw(data, { ...policy, images: options.images, seed: options.seed });
    const images = await Promise.all(Array.from(indices, (index) => data.read(index)));
    await saveFigure(await drawViews({ images, views, normalize: policy.views.normalize, title: `Images and their views (${policy.of})` }), out);
    say(`views     ${describeViews(policy.views)}`);
    say(`wrote     ${out}`);
  } finally {
    await data.close();
  }
}
