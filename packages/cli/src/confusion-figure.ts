import { drawConfusionMatrix, type Figure } from "@ssl-vit/visualize";

/** What was taken for what, under the classes' names or numbers, for a report; nothing where it was not counted. */
export function confusionFigure(confusion: readonly (readonly number[])[] | undefined, classes: readonly string[] | undefined, title: string): Readonly<Record<string, () => Promise<Figure>>> {
  if (confusion === undefined) return {};
  return { confusion: () => drawConfusionMatrix({ matrix: confusion, classes: confusion.map((_, label) => classes?.[label] || String(label)), title }) };
}
