import { diagnosisPages } from "@ssl-vit/diagnose";
import { inspectEngines } from "@ssl-vit/engine";
import { vitSizes } from "@ssl-vit/vit";
import { Argument, Command } from "commander";
import { print, printJson } from "../console-output.js";
import { installedMethods } from "../load-method.js";

type Row = Readonly<Record<string, string | number>>;

const datasets: readonly Row[] = [
  { name: "folder", what: "JPEG, PNG, WebP, GIF, AVIF or TIFF images, flat or in class folders", path: "photos/" },
  { name: "list", what: "a text with an image's path on each line, and its class behind a tab", path: "photos.txt" },
  { name: "webdataset", what: ".tar shards with KEY.jpg and KEY.cls", path: "shards/ or shards/{000000..000004}.tar" },
  { name: "mnist", what: "IDX files, gzipped or not", path: "mnist/#train, mnist/#test" },
  { name: "cifar10", what: "CIFAR-10's binary files", path: "cifar-10-batches-bin/#train, …#test" },
  { name: "cifar100", what: "CIFAR-100's binary files, fine labels", path: "cifar-100-binary/#train, …#test" },
  { name: "stl10", what: "STL-10's binary files", path: "stl10_binary/#unlabeled, …#train, …#test" },
  { name: "npz", what: "NumPy arrays of images and labels, .npz or .npy", path: "pneumoniamnist.npz#train, …#val, …#test" },
  { name: "parquet", what: "Parquet files with image files in a column, as Hugging Face's datasets are", path: "data/#train, train-00000-of-00001.parquet" },
];

const rowsOf: Readonly<Record<string, () => Promise<readonly Row[]>>> = {
  methods: async () =>
    (await installedMethods()).map(({ packageName, factory }) => ({
      name: factory.methodName,
      package: packageName,
      presets: Object.keys(factory.presets).join(", "),
      paper: factory.paper,
    })),
  models: () => Promise.resolve(Object.entries(vitSizes).map(([name, size]) => ({ name: `vit-${name}`, ...size }))),
  engines: async () => (await inspectEngines()).engines.map(({ name, available, reason }) => ({ name, available: available ? "yes" : "no", reason })),
  datasets: () => Promise.resolve(datasets),
  diagnoses: () => Promise.resolve(Object.entries(diagnosisPages).map(([name, { title }]) => ({ name, title }))),
};

/** Columns padded to their widest cell. */
function tableText(rows: readonly Row[]): string {
  const columns = Object.keys(rows[0] ?? {});
  const cells = [columns, ...rows.map((row) => columns.map((column) => String(row[column] ?? "")))];
  const widths = columns.map((_, column) => Math.max(...cells.map((row) => row[column]!.length)));
  return cells.map((row) => row.map((cell, column) => cell.padEnd(widths[column]!)).join("  ").trimEnd()).join("\n");
}

/** `ssl-vit list` */
export function listCommand(): Command {
  return new Command("list")
    .description("Show what there is to choose from.")
    .addArgument(new Argument("<what>").choices(Object.keys(rowsOf)))
    .option("--json", "one JSON array on standard output")
    .addHelpText("after", "\nExample:\n  $ ssl-vit list methods")
    .action(async (what: string, { json }: { json?: boolean }) => {
      const rows = await rowsOf[what]!();
      if (json === true) printJson(rows);
      else print(tableText(rows));
    });
}
