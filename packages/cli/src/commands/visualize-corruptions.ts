import { checkViewPolicy, evaluationViews } from "@ssl-vit/augment";
import { type CorruptionName, type CorruptionScale, type CorruptionSeverity, imagenetNormalization, type ViewPolicy } from "@ssl-vit/core";
import { drawViews, saveFigure } from "@ssl-vit/visualize";
import { Command, Option } from "commander";
import { wholeNumber } from "../argument-parsers.js";
import { say } from "../console-output.js";
import { corruptionNamesFor, parseCorruptions, whichCorruptions } from "../corruptions-asked-for.js";
import { figureFlag, refuseFigureFile } from "../figure-file.js";
import { imagesToDraw } from "../images-to-draw.js";
import { openImages } from "../open-images.js";

interface CorruptionOptions {
  readonly data: string;
  readonly out: string;
  readonly images: number;
  readonly imageSize: number;
  readonly corruptions: readonly CorruptionName[] | "all";
  readonly severity: CorruptionSeverity;
  readonly scale?: CorruptionScale;
  readonly seed: number;
  readonly overwrite?: boolean;
}

const DEFAULT_SEVERITY: CorruptionSeverity = 3;

/** `ssl-vit visualize corruptions` */
export function visualizeCorruptionsCommand(): Command {
  return new Command("corruptions")
    .description(`What the corruptions of eval robustness make of images: each image and, beside it, each at one severity. They are ${whichCorruptions}.`)
    .requiredOption("-d, --data <path>", "images to draw")
    .requiredOption(...figureFlag)
    .option("-n, --images <n>", "how many images", wholeNumber(1), 4)
    .option("--image-size <pixels>", "side of the middle square that is corrupted", wholeNumber(1), 32)
    .addOption(new Option("--corruptions <names>", "all, or some with commas").argParser(parseCorruptions).default("all"))
    .addOption(new Option("--severity <number>", "from 1 (weakest) to 5").choices(["1", "2", "3", "4", "5"]).default(String(DEFAULT_SEVERITY)))
    .addOption(new Option("--scale <set>", "whose strengths (default: cifar up to 64 pixels)").choices(["imagenet", "cifar"]))
    .option("--seed <n>", "of the images drawn and of the corruptions", wholeNumber(0), 0)
    .option("--overwrite", "replace the file")
    .addHelpText("after", "\nExample:\n  $ ssl-vit visualize corruptions --data photos/ --image-size 224 --out corruptions.png")
    .action(({ severity, ...options }: Omit<CorruptionOptions, "severity"> & { readonly severity: string }) =>
      visualizeCorruptions({ ...options, severity: Number(severity) as CorruptionSeverity }),
    );
}

/** One group for each corruption, under its name. */
function policyOf(names: readonly CorruptionName[], { imageSize, severity, scale }: CorruptionOptions): ViewPolicy {
  const groups = names.flatMap((name) =>
    evaluationViews({ imageSize, corruption: { name, severity, ...(scale === undefined ? {} : { scale }) } }).groups.map((group) => ({ ...group, name })),
  );
  return { groups, normalize: imagenetNormalization };
}

async function visualizeCorruptions(options: CorruptionOptions): Promise<void> {
  const { out, images: count, severity, seed, corruptions } = options;
  refuseFigureFile(options);
  const data = await openImages(options.data);
  try {
    const { channels } = await data.read(0);
    const shown = channels === 1 ? 1 : 3;
    const policy = policyOf(corruptionNamesFor(corruptions, shown), options);
    checkViewPolicy(policy, shown);
    const { indices, views } = await imagesToDraw(data, { views: policy, channels: shown, images: count, seed });
    const images = await Promise.all(Array.from(indices, (index) => data.read(index)));
    await saveFigure(await drawViews({ images, views, normalize: policy.normalize, title: `Corruptions at severity ${severity}` }), out);
    say(`wrote     ${out}`);
  } finally {
    await data.close();
  }
}
