import { type ChannelStatistics, convertToShards, type DatasetReport, datasetDownloads, downloadDataset, type ImageDataset, inspectDataset, openDataset } from "@ssl-vit/data";
import { Argument, Command } from "commander";
import { wholeNumber } from "../argument-parsers.js";
import { print, printJson, say, warn } from "../console-output.js";
import { sometimes } from "../sometimes.js";
import { stopOnSignals } from "../stop-on-signals.js";

/** Broken images and classes that a person is shown; the JSON has all. */
const SHOWN = 10;

const percentOf = (done: number, total: number): string => `${Math.floor((100 * done) / total)} %`;

/** `0.491 0.482 0.447` */
const joined = (statistics: readonly ChannelStatistics[], which: keyof ChannelStatistics, separator: string): string => statistics.map((one) => one[which].toFixed(3)).join(separator);

const range = ([least, median, most]: readonly [number, number, number]): string => (least === most ? `${least}` : `${least} … ${median} … ${most}`);

function normalizationLines({ channels, images, statistics }: NonNullable<DatasetReport["normalization"]>, read: number): string[] {
  return [
    `normalise --set "views.mean=[${joined(statistics, "mean", ",")}]" "views.std=[${joined(statistics, "std", ",")}]"`,
    ...(images === read ? [] : [`          of the ${images} images that are made into ${channels} channels; the others are broken images with them`]),
  ];
}

/** The lines of a report that a person reads. */
function reportLines(report: DatasetReport): string[] {
  const { location, kind, images, inspected, classes, unlabelled, sizes, formats, normalization, notes, broken } = report;
  const labelled = classes.length === 0 ? "no labels" : `${classes.length} classes: ${classes.slice(0, SHOWN).map(({ name, images: count }) => `${name} ${count}`).join(", ")}${classes.length > SHOWN ? ", …" : ""}`;
  const missing = classes.length > 0 && unlabelled > 0 ? `; ${unlabelled} images without a label` : "";
  const read = inspected - broken.length;
  return [
    `data      ${images} images (${kind}) in ${location}${inspected < images ? `, ${inspected} of them inspected` : ""}`,
    `labels    ${labelled}${missing}`,
    ...(read === 0 ? [] : [`size      ${range(sizes.width)} wide, ${range(sizes.height)} high (least … median … most)${sizes.different > 1 ? `, ${sizes.different} different` : ""}`]),
    ...formats.flatMap(({ channels, bits, images: count, statistics }) => [
      `format    ${count} images of ${channels} ${channels === 1 ? "channel" : "channels"}, ${bits} bits`,
      `          mean ${joined(statistics, "mean", " ")}, deviation ${joined(statistics, "std", " ")}`,
    ]),
    `broken    ${broken.length === 0 ? "none" : `${broken.length} of ${inspected}`}`,
    ...broken.slice(0, SHOWN).map(({ key, reason }) => `          ${key}: ${reason}`),
    ...(broken.length > SHOWN ? [`          and ${broken.length - SHOWN} more (--json lists them)`] : []),
    ...(normalization === undefined ? [] : normalizationLines(normalization, read)),
    ...notes.map((note) => `note      ${note}`),
  ];
}

/** Works until it is done or somebody asks to stop, which is no failure but sets the exit code. */
async function untilStopped(onStop: (signal: string) => void, work: (signal: AbortSignal, tell: ReturnType<typeof sometimes>) => Promise<void>): Promise<void> {
  const stop = stopOnSignals(onStop);
  try {
    await work(stop.signal, sometimes(say));
  } catch (error) {
    if (stop.exitCode() === undefined) throw error;
  } finally {
    stop.release();
  }
  const code = stop.exitCode();
  if (code !== undefined) process.exitCode = code;
}

/** As {@link untilStopped}, on the images at a path, of which a person is told what there is to know. */
async function onImages(path: string, onStop: (signal: string) => void, work: (data: ImageDataset, signal: AbortSignal, tell: ReturnType<typeof sometimes>) => Promise<void>): Promise<void> {
  const data = await openDataset(path);
  try {
    await untilStopped(onStop, (signal, tell) => work(data, signal, tell));
  } finally {
    await data.close();
  }
}

function inspectCommand(): Command {
  return new Command("inspect")
    .description("Look at every image of a data set: counts, classes, sizes, channels, broken files, mean and deviation of each channel.")
    .argument("<path>", "what pretrain's --data takes")
    .option("-n, --images <n>", "look at so many, at even distances (default: all)", wholeNumber(1))
    .option("--json", "one JSON object on standard output")
    .addHelpText("after", "\nExample:\n  $ ssl-vit data inspect photos/")
    .action(async (path: string, { images, json }: { readonly images?: number; readonly json?: boolean }) => {
      await onImages(path, () => undefined, async (data, signal, tell) => {
        const report = await inspectDataset(data, {
          ...(images === undefined ? {} : { images }),
          signal,
          onProgress: (done, total) => {
            tell(() => `inspected ${percentOf(done, total)} of ${path}`);
          },
        });
        if (json === true) printJson(report);
        else for (const line of reportLines(report)) print(line);
      });
    });
}

interface ConvertFlags {
  readonly out: string;
  readonly imagesPerShard: number;
  readonly overwrite?: boolean;
}

function convertCommand(): Command {
  return new Command("convert")
    .description("Write any data set as WebDataset shards: image files as they are, plain pixels as PNG, labels as .cls, with names as .json. Broken images are left out.")
    .argument("<path>", "what pretrain's --data takes")
    .requiredOption("-o, --out <pattern.tar>", "shards/train.tar becomes shards/train-000000.tar …; %06d puts the number elsewhere")
    .option("--images-per-shard <n>", "images in a shard", wholeNumber(1), 10_000)
    .option("--overwrite", "replace the shards of this name, all of them")
    .addHelpText("after", "\nExample:\n  $ ssl-vit data convert photos/ --out shards/photos.tar")
    .action(async (path: string, { out, imagesPerShard, overwrite = false }: ConvertFlags) => {
      const onStop = (signal: string): void => {
        say(`${signal}: stopping; whole shards stay`);
      };
      await onImages(path, onStop, async (data, signal, tell) => {
        for (const note of data.notes ?? []) warn(note);
        const { pattern, shards, images, skipped } = await convertToShards(data, out, {
          imagesPerShard,
          overwrite,
          signal,
          onProgress: (done, total) => {
            tell(() => `converted ${percentOf(done, total)} of ${path}`);
          },
          onSkip: (key, reason) => {
            warn(`left out ${key}: ${reason}`);
          },
        });
        say(`wrote     ${images} images in ${shards} ${shards === 1 ? "shard" : "shards"}${skipped === 0 ? "" : `; ${skipped} broken ones left out`}`);
        say(`next      ssl-vit pretrain --method dino --data "${pattern}" --out runs/dino`);
      });
    });
}

function downloadCommand(): Command {
  const list = datasetDownloads.map(({ name, megabytes, about }) => `  ${name.padEnd(11)} ${about} (${megabytes} MB)`).join("\n");
  return new Command("download")
    .description("Download a known data set, check its sum and unpack it. An interrupted download goes on.")
    .addArgument(new Argument("<name>", "which one"))
    .requiredOption("-o, --out <folder>", "where its folder is made")
    .addHelpText("after", `\nData sets:\n${list}\n\nExample:\n  $ ssl-vit data download cifar10 --out data`)
    .action(async (name: string, { out }: { readonly out: string }) => {
      const megabytes = (bytes: number): string => (bytes / 2 ** 20).toFixed(1);
      const onStop = (signal: string): void => {
        say(`${signal}: stopping; what is there is kept`);
      };
      await untilStopped(onStop, async (signal, tell) => {
        const { locations } = await downloadDataset(name, out, {
          signal,
          onProgress: (bytes, total) => {
            tell(() => `received  ${megabytes(bytes)} MB${total === 0 ? "" : ` of ${megabytes(total)}`}`);
          },
        });
        for (const location of locations) say(`data      ${location}`);
        say(`next      ssl-vit data inspect "${locations[0]!}"`);
      });
    });
}

/** `ssl-vit data` */
export function dataCommand(): Command {
  return new Command("data")
    .description("Inspect, convert and download data sets.")
    .addCommand(inspectCommand())
    .addCommand(convertCommand())
    .addCommand(downloadCommand())
    .addHelpText("after", "\nExample:\n  $ ssl-vit data inspect photos/");
}
