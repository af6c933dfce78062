import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { diagnosisPages } from "@ssl-vit/diagnose";
import { runSslVit } from "@ssl-vit/sitting/run-ssl-vit.js";
import { judgeCases } from "./judge-cases.js";
import { runFolder } from "./outcome-file.js";

const pictures = fileURLToPath(new URL("../../packages/diagnose/docs/pictures", import.meta.url));

/**
 * One picture a diagnosis for its page: of the run that has this failure and is the surest of it.
 *
 * @param {{ out: string }} options
 * @param {{ signal: AbortSignal, say: (text: string) => void }} context
 */
export async function drawPictures({ out }, { signal, say }) {
  const judged = await judgeCases(out);
  mkdirSync(pictures, { recursive: true });
  for (const name of Object.keys(diagnosisPages)) {
    const sureOf = (/** @type {(typeof judged)[number]} */ { named }) => named.find((one) => one.name === name)?.confidence ?? 0;
    const isTop = (/** @type {(typeof judged)[number]} */ { named }) => Number(named[0]?.name === name);
    // Runs that have it first, then those in which it is named besides; the likeliest of all first.
    const named = judged.filter((one) => sureOf(one) > 0).toSorted((a, b) => Number(b.broken.truth === name) - Number(a.broken.truth === name) || isTop(b) - isTop(a) || sureOf(b) - sureOf(a));
    const [shown] = named;
    if (shown === undefined) {
      say(`${name}: no run of the suite has it`);
      continue;
    }
    await runSslVit(["diagnose", runFolder(out, shown.broken.name), "--out", join(pictures, `${name}.svg`), "--overwrite", "--json"], signal);
    say(`${name}: ${shown.broken.name}`);
  }
}
