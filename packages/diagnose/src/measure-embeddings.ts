import type { DiagnosticSignals, Float } from "@ssl-vit/core";
import { embeddingDeviation } from "@ssl-vit/losses";
import { tidy } from "@tensorflow/tfjs-core";
import { crossCosine, meanCosine, viewAgreement, viewCosine, type ViewRows } from "./cosines.js";
import { firstRows } from "./first-rows.js";
import { readScalar } from "./read-scalar.js";
import { readUnitRows } from "./read-unit-rows.js";
import { spreadOf } from "./spread-of.js";

/** The first rows of some views, and their values; no values where one is no number. */
interface LookedAt {
  readonly tensor: Float<"B D">;
  readonly rows: ViewRows | undefined;
}

function lookAt(views: readonly Float<"B D">[]): LookedAt | undefined {
  if (views.length === 0) return undefined;
  const { tensor, images } = firstRows(views);
  return { tensor, rows: readUnitRows(tensor, images) };
}

function ofEmbeddings({ tensor, rows }: LookedAt): Record<string, number> {
  if (rows === undefined) return {};
  const { deviation, rank, share } = spreadOf(tensor);
  return {
    embeddingDeviation: deviation,
    rankMe: rank,
    rankShare: share,
    meanCosine: meanCosine(rows),
    viewCosine: viewCosine(rows),
    viewAgreement: viewAgreement(rows),
  };
}

function cosineOf(said: ViewRows | undefined, wanted: ViewRows | undefined): Record<string, number> {
  if (said === undefined || wanted?.images !== said.images || wanted.dim !== said.dim) return {};
  return { targetCosine: crossCosine(said, wanted) };
}

/**
 * `embeddingDeviation`, `rankMe`, `rankShare`, `meanCosine` (different images, same view), `viewCosine` (same image, different views) and
 * `viewAgreement` of the embeddings, `targetDeviation` of the targets, and `targetCosine`, the mean of each embedding with each target of its image,
 * where they are equally wide. Of at most 64 images and 128 rows. What has a value that is no number is left out.
 */
export function measureEmbeddings({ embeddings = [], targets = [] }: Pick<DiagnosticSignals, "embeddings" | "targets">): Record<string, number> {
  return tidy(() => {
    const [said, wanted] = [lookAt(embeddings), lookAt(targets)];
    return {
      ...(said === undefined ? {} : ofEmbeddings(said)),
      ...(wanted === undefined ? {} : { targetDeviation: readScalar(embeddingDeviation(wanted.tensor)) }),
      ...cosineOf(said?.rows, wanted?.rows),
    };
  });
}
