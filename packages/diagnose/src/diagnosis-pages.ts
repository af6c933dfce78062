/** Where a diagnosis is explained. */
export interface DiagnosisPage {
  /** The diagnosis in words: `"The output is uniform"`. */
  readonly title: string;
  /** Its page, within this package: `"docs/uniform-output.md"`. */
  readonly page: string;
}

const titles = {
  "collapse-to-point": "All images have the same embedding",
  "dimensional-collapse": "Embeddings fill few dimensions",
  "uniform-output": "The output is uniform",
  "one-prototype": "One prototype takes all images",
  "teacher-frozen": "The teacher does not move",
  "teacher-equals-student": "The teacher is the student",
  "temperature-too-high": "A temperature is too high",
  "temperature-too-low": "A temperature is too low",
  "learning-rate-too-high": "The learning rate is too high",
  "learning-rate-too-low": "The learning rate is too low",
  "exploding-patch-embedding": "The patch embedding's gradient explodes",
  "missing-stop-gradient": "The gradient may flow into the targets",
  "views-identical": "The views of an image are the same",
  "views-unrelated": "The views of an image have nothing in common",
  "masked-too-much": "Too many patches are masked",
  "masked-too-little": "Too few patches are masked",
  "decoder-predicts-mean": "The decoder predicts the mean",
  "bfloat16-overflow": "bfloat16 loses the numbers",
  "not-finite": "A number is not finite",
  "constant-images": "Images are of one color",
  "duplicated-images": "Images are there several times",
  "broken-images": "Images cannot be read",
  "too-few-images": "There are too few images",
  "starving-loader": "Training waits for images",
  "preprocessing-differs": "Evaluation prepares images in another way",
  "poor-transfer": "Features get worse on other images",
} as const satisfies Readonly<Record<string, string>>;

/** The name of a diagnosis, as programs know it. */
export type DiagnosisName = keyof typeof titles;

/** Every diagnosis there is: its title and its page. */
export const diagnosisPages = Object.fromEntries(
  Object.entries(titles).map(([name, title]) => [name, { title, page: `docs/${name}.md` }]),
) as Readonly<Record<DiagnosisName, DiagnosisPage>>;
