import type { ImageDataset } from "./image-dataset.js";

/** Why an image of one number of channels cannot be one of another. */
export const otherChannels = (channels: number, expected: number): string => `it has ${channels} channels, expected ${expected}`;

/** What a person may do about too many broken images, when the reasons of all are of one kind. */
export function adviceFor({ kind }: ImageDataset, reasons: readonly string[]): string | undefined {
  const channels = new Set(reasons.map((reason) => /^it has (\d+) channels/.exec(reason)?.[1]));
  const [number] = channels;
  if (channels.size === 1 && number !== undefined) return `Train on them as they are: --set model.channels=${number} (the loader's option \`channels\`).`;
  if (kind === "list" && reasons.every((reason) => reason.startsWith("ENOENT"))) return "Paths are relative to the list's folder, and a class stands behind a tab, not behind a space or a comma.";
  return undefined;
}
