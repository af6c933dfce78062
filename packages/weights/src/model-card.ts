import type { EncoderLayout } from "@ssl-vit/core";
import type { ExportPurpose } from "./encoder-export.js";
import type { Preprocessing } from "./preprocessing.js";

/** A measured result. */
export interface MeasuredResult {
  /** What was measured on: `"CIFAR-10 test"`. */
  readonly data: string;
  /** How: `"k-NN, k = 20, temperature 0.07"`, `"linear probe, 100 epochs"`. */
  readonly protocol: string;
  /** `"top-1 accuracy"`. */
  readonly metric: string;
  /** As it shall stand there: `"61.3 %"`, `"61.3 ± 0.4 %"`. */
  readonly value: string;
  /** Seeds of the runs it is of. */
  readonly seeds?: readonly number[];
}

/** What a model card tells. What is not given is not told, or said to be unknown. */
export interface ModelCardFacts {
  /** Title. Default: the method and the size. */
  readonly name?: string;
  /** `"dino"`. */
  readonly method?: string;
  /** Address of the method's paper. */
  readonly paper?: string;
  /** What it was trained on: `"CIFAR-10, 50,000 training images without labels"`. */
  readonly data?: string;
  /** Names of data sets on the Hugging Face hub. */
  readonly datasets?: readonly string[];
  /** How it was trained: optimizer, rates, batch, epochs, augmentation, by name. */
  readonly recipe?: Readonly<Record<string, string | number | boolean>>;
  /** What stands behind the recipe, as Markdown: which files of the folder have all of it. */
  readonly recipeNote?: string;
  readonly results?: readonly MeasuredResult[];
  /** What it cannot do, or was not tried on. */
  readonly limits?: readonly string[];
  /** SPDX identifier or Hugging Face's word: `"apache-2.0"`. */
  readonly license?: string;
  /** The model on the hub whose weights training began from. */
  readonly baseModel?: string;
  /** BibTeX. */
  readonly citation?: string;
}

/** What the card says by itself. */
interface CardSubject {
  readonly layout: EncoderLayout;
  readonly preprocessing: Preprocessing;
  /** Whether the normalisation was given, or is the usual one. */
  readonly isPreprocessingGiven: boolean;
  readonly library: string;
  /** Of more than an encoder; undefined: features of images. */
  readonly purpose: ExportPurpose | undefined;
  /** More to say under limits. */
  readonly notes: readonly string[];
  /** Lines of code that load the folder. */
  readonly usage: string;
}

/** README.md of an exported folder: YAML front matter as the Hugging Face hub reads it, then what is known of the model and what is not. */
export function modelCard(facts: ModelCardFacts, subject: CardSubject): string {
  const { layout, preprocessing, library, usage, purpose } = subject;
  const { method, results = [] } = facts;
  const { embedDim, depth, numHeads, patchSize, imageSize, channels, hasClsToken, registerTokens } = layout;
  const size = preprocessing.imageSize.join(" x ");
  const title = facts.name ?? `${method === undefined ? "Vision Transformer" : method} ${embedDim}/${patchSize}`;
  const frontMatter = yaml({
    license: facts.license,
    library_name: library,
    pipeline_tag: purpose === undefined ? "image-feature-extraction" : undefined,
    tags: ["vision", "self-supervised", ...(method === undefined ? [] : [method]), "ssl-vit"],
    datasets: facts.datasets,
    metrics: results.length === 0 ? undefined : [...new Set(results.map(({ metric }) => (/accuracy/i.test(metric) ? "accuracy" : metric)))],
    base_model: facts.baseModel,
  });
  const tokens = [...(hasClsToken ? ["a [CLS] token"] : []), ...(registerTokens > 0 ? [`${registerTokens} registers`] : []), `one token for each patch of ${patchSize} x ${patchSize} pixels`];
  const sections: (readonly [title: string, body: string])[] = [
    [
      "Model",
      `A Vision Transformer of ${depth} blocks, width ${embedDim}, ${numHeads} heads, for images of ${imageSize.join(" x ")} pixels and ${channels} channel${channels === 1 ? "" : "s"}. It gives ${tokens.join(", ")}, after the final norm.${purpose === undefined ? "" : ` ${purpose.model}`}`,
    ],
    ["Use", `${purpose?.use ?? "Features of images: for search, clustering, linear classifiers, or to be fine-tuned. It has no classifier of its own."}\n\n${usage}`],
    [
      "Images",
      `Resized (${preprocessing.interpolation}) ${preprocessing.fit === "stretch" ? `to ${size}, whatever their shape` : `by the shorter side, of which the middle ${size}${preprocessing.cropRatio === 1 ? "" : ` (${preprocessing.cropRatio} of it)`} are cut out`}, scaled to [0, 1], then normalised by mean [${preprocessing.mean.join(", ")}] and deviation [${preprocessing.std.join(", ")}].${subject.isPreprocessingGiven ? "" : " How training normalised its images was not said when this folder was written: these are the usual numbers."}`,
    ],
    ["Method", method === undefined ? "Not said." : `${method}${facts.paper === undefined ? "" : ` (${facts.paper})`}, trained with [ssl-vit](https://www.npmjs.com/org/ssl-vit).`],
    ["Data", facts.data ?? "Not said."],
    ["Recipe", [facts.recipe === undefined ? "Not said." : table(["what", "value"], Object.entries(facts.recipe).map(([name, value]) => [name, String(value)])), ...(facts.recipeNote === undefined ? [] : [facts.recipeNote])].join("\n\n")],
    [
      "Results",
      results.length === 0
        ? "None were measured."
        : table(["data", "protocol", "metric", "value", "seeds"], results.map(({ data, protocol, metric, value, seeds }) => [data, protocol, metric, value, seeds === undefined ? "not said" : seeds.join(", ")])),
    ],
    ["Limits", [...(facts.limits ?? ["Trained on the data above alone: on other images, and for decisions about people, it was not tried."]), ...subject.notes].map((limit) => `- ${limit}`).join("\n")],
    ...(facts.citation === undefined ? [] : [["Citation", `\`\`\`bibtex\n${facts.citation.trim()}\n\`\`\``] as const]),
  ];
  return `---\n${frontMatter}---\n# ${title}\n\n${sections.map(([heading, body]) => `## ${heading}\n${body}\n`).join("\n")}`;
}

/** Strings as JSON: every one of them is YAML too, whatever is in it. */
function yaml(fields: Readonly<Record<string, string | readonly string[] | undefined>>): string {
  return Object.entries(fields)
    .flatMap(([name, value]) => {
      if (value === undefined || value.length === 0) return [];
      return typeof value === "string" ? [`${name}: ${scalar(value)}\n`] : [`${name}:\n${value.map((one) => `- ${scalar(one)}\n`).join("")}`];
    })
    .join("");
}

const scalar = (value: string): string => (/^[a-zA-Z][\w./-]*$/.test(value) && !/^(true|false|null|yes|no|on|off)$/i.test(value) ? value : JSON.stringify(value));

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => "---"), ...rows].map((row) => `| ${row.map((cell) => cell.replace(/\|/g, "\\|").replace(/\s+/g, " ")).join(" | ")} |`).join("\n");
