import { extname } from "node:path";
import { ConfigError } from "@ssl-vit/core";
import { encodeSafetensors } from "@ssl-vit/safetensors";
import { Command } from "commander";
import { parquetWriteBuffer } from "hyparquet-writer";
import { say } from "../console-output.js";
import type { ImageFeatures } from "@ssl-vit/eval";
import { addFeatureOptions, type FeatureOptions, featuresOf, openExtractor } from "../feature-options.js";
import { encodeNpy } from "../encode-npy.js";
import { refuseExistingFile } from "../refuse-existing-file.js";
import { startEngine } from "../start-engine.js";
import { writeWhole } from "../write-whole.js";

interface EmbedOptions extends FeatureOptions {
  readonly data: string;
  readonly out: string;
  readonly overwrite?: boolean;
}

/** A file to be written, by what is added to the given name. */
type Files = Readonly<Record<string, Uint8Array | string>>;

const quoted = (text: string): string => (/[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

/** `key,label,class` of each row; without the numbers. */
function rowLines({ keys, labels, classes }: ImageFeatures): string[][] {
  return keys.map((key, row) => [quoted(key), String(labels[row]!), quoted(classes?.[labels[row]!] ?? "")]);
}

const csv = (lines: readonly (readonly string[])[]): string => lines.map((line) => `${line.join(",")}\n`).join("");

const rowOf = ({ values, dim }: ImageFeatures, row: number): Float32Array => values.subarray(row * dim, (row + 1) * dim);

const writers: Readonly<Record<string, (features: ImageFeatures) => Files>> = {
  // npy holds numbers alone; keys and labels lie beside it.
  ".npy": (features) => ({
    "": encodeNpy(features.values, [features.count, features.dim]),
    ".rows.csv": csv([["key", "label", "class"], ...rowLines(features)]),
  }),
  ".csv": (features) => ({
    "": csv([
      ["key", "label", "class", ...Array.from({ length: features.dim }, (_, column) => `f${column}`)],
      ...rowLines(features).map((line, row) => [...line, ...Array.from(rowOf(features, row), String)]),
    ]),
  }),
  ".safetensors": ({ values, labels, count, dim, keys, classes }) => ({
    "": encodeSafetensors(
      { embeddings: { dtype: "F32", shape: [count, dim], data: values }, labels: { dtype: "I32", shape: [count], data: labels } },
      { keys: JSON.stringify(keys), classes: JSON.stringify(classes ?? []) },
    ),
  }),
  ".parquet": (features) => ({
    "": new Uint8Array(
      parquetWriteBuffer({
        columnData: [
          { name: "key", data: [...features.keys], type: "STRING" },
          { name: "label", data: features.labels, type: "INT32" },
          ...Array.from({ length: features.dim }, (_, column) => ({
            name: `f${column}`,
            data: Float32Array.from({ length: features.count }, (__, row) => features.values[row * features.dim + column]!),
            type: "FLOAT" as const,
          })),
        ],
      }),
    ),
  }),
};

/** `ssl-vit embed` */
export function embedCommand(): Command {
  return addFeatureOptions(new Command("embed"))
    .description("Write one feature vector an image, in the order of the data, with its key and label.")
    .requiredOption("-d, --data <path>", "folder of images, .tar shards, or a folder of MNIST files")
    .requiredOption("-o, --out <file>", `a new file, ${Object.keys(writers).join(", ")}`)
    .option("--overwrite", "replace the file")
    .addHelpText("after", "\nExample:\n  $ ssl-vit embed --checkpoint runs/dino --data photos/ --out photos.npy")
    .action(embed);
}

async function embed(options: EmbedOptions): Promise<void> {
  const writer = writers[extname(options.out).toLowerCase()];
  if (writer === undefined) {
    throw new ConfigError({ package: "cli", what: "--out", expected: `a file name that ends in ${Object.keys(writers).join(", ")}`, received: options.out });
  }
  refuseExistingFile(options);
  await startEngine(options);
  const features = await featuresOf(options.data, await openExtractor(options), options);
  for (const [suffix, content] of Object.entries(writer(features))) {
    await writeWhole(`${options.out}${suffix}`, content);
    say(`wrote     ${options.out}${suffix}`);
  }
  say(`          ${features.count} rows of ${features.dim}`);
}
