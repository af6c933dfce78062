import { ConfigError } from "@ssl-vit/core";
import { type RepresentationQuality, representationQuality } from "@ssl-vit/eval";
import { Command } from "commander";
import { wholeNumber } from "../argument-parsers.js";
import { say, warn } from "../console-output.js";
import { addFeatureOptions, type FeatureOptions, openExtractor } from "../feature-options.js";
import { openImages } from "../open-images.js";
import { addReportOptions, type EvaluationReport, refuseTakenResult, reportEvaluation, type ReportOptions } from "../report-evaluation.js";
import { sometimes } from "../sometimes.js";
import { startEngine } from "../start-engine.js";

interface QualityOptions extends FeatureOptions, ReportOptions {
  readonly data: string;
  readonly images: number;
  readonly viewsPerImage: number;
}

/** `ssl-vit eval quality` */
export function evalQualityCommand(): Command {
  const command = new Command("quality")
    .description("Numbers of a representation that need no labels, on a fixed set of images and of augmented views of them.")
    .requiredOption("-d, --data <path>", "images; labels are not read")
    .option("--images <n>", "how many of them at the most, drawn by --seed", wholeNumber(2), 1000)
    .option("--views-per-image <n>", "augmented views of each, for LiDAR and alignment", wholeNumber(2), 8);
  return addReportOptions(addFeatureOptions(command))
    .addHelpText("after", "\nExample:\n  $ ssl-vit eval quality --checkpoint runs/vicreg --data photos\n  $ ssl-vit eval quality --checkpoint random --like runs/vicreg --data photos --json")
    .action(quality);
}

async function quality(options: QualityOptions): Promise<void> {
  await refuseTakenResult(options);
  const data = await openImages(options.data);
  try {
    const engine = await startEngine(options);
    const extractor = await openExtractor(options);
    const { encoder, views } = extractor;
    if (encoder === undefined) throw new ConfigError({ package: "cli", what: "--checkpoint", expected: "a run, or random: something with tokens", received: options.checkpoint });
    const tell = sometimes(say);
    const started = performance.now();
    const result = await representationQuality(encoder, data, {
      views,
      images: options.images,
      viewsPerImage: options.viewsPerImage,
      seed: options.seed,
      batchSize: options.batchSize,
      workers: options.workers,
      ...(options.layer === undefined ? {} : { layer: options.layer }),
      ...(options.block === undefined ? {} : { block: options.block }),
      onSkip: (key, reason) => {
        warn(`skipped ${key}: ${reason}`);
      },
      onProgress: (batches, total) => {
        tell(() => `features  ${Math.round((100 * batches) / total)} % of ${options.data}`);
      },
    });
    say(`quality   of ${result.protocol.images} images of ${options.data} (${extractor.description}) in ${((performance.now() - started) / 1000).toFixed(1)} s`);
    await reportEvaluation(options, { engine, extractor }, qualityReport(result, encoder.layout.embedDim));
  } finally {
    await data.close();
  }
}

/** The numbers, each with how it is read. */
function qualityReport(result: RepresentationQuality, blockDim: number): EvaluationReport {
  const { rankMe, lidar, alphaReq, alignment, uniformity, embeddingDeviation, effectiveRankByBlock, protocol } = result;
  const { layer, images, viewsPerImage } = protocol;
  const dim = blockDim * (layer === "last4" ? 4 : layer === "cls+mean" ? 2 : 1);
  const most = Math.min(images - 1, dim);
  const rows: readonly (readonly [string, number, string])[] = [
    ["RankMe", rankMe, `dimensions in use, of at most ${Math.min(images, dim)}; more is better among runs of one method, 1 is collapse`],
    ["LiDAR", lidar, `directions that tell images apart beyond what augmentation changes, of at most ${most}; more is better, 0 is collapse`],
    ["alpha-ReQ", alphaReq, "how fast the spectrum falls; near 1 is best, larger: few directions hold nearly everything"],
    ["alignment", alignment, "squared distance of two views of an image, 0 to 4; less: more invariant, but 0 also under collapse"],
    ["uniformity", uniformity, "0 is collapse, towards -4 embeddings spread over the sphere; less is better"],
    ["embedding deviation", embeddingDeviation, "0 is collapse, about 1 embeddings point everywhere"],
    ...effectiveRankByBlock.map((rank, index) => [`effective rank, block ${index + 1}`, rank, `directions in which images differ after it, of at most ${Math.min(images - 1, blockDim)}`] as const),
  ];
  return {
    kind: "quality",
    result: { ...result },
    table: { columns: ["measure", "value", "how to read it"], rows: rows.map(([name, value, reading]) => [name, Number.isFinite(value) ? value.toPrecision(4) : "–", reading]) },
    notes: [
      `Of ${images} images by ${layer}; LiDAR and alignment of ${viewsPerImage} augmented views of each. They compare at equal protocols only, which the file has; no number alone tells a good representation.`,
    ],
  };
}
