import { classifierReport } from "./classifier-report.js";
import { say } from "./console-output.js";
import { reportEvaluation } from "./report-evaluation.js";
import type { SeedResults } from "./seed-by-seed.js";

/**
 * Reports what was found with several seeds, those that are finished when it ended early.
 *
 * @param classes their names, where the data has any
 * @throws the error of the seed that failed, once the others are kept
 */
export async function reportSeeds(
  options: Parameters<typeof reportEvaluation>[0],
  made: Parameters<typeof reportEvaluation>[1],
  { kind, found, classes }: { readonly kind: string; readonly found: SeedResults; readonly classes: readonly string[] | undefined },
): Promise<void> {
  if (found.results.length > 0) await reportEvaluation(options, made, classifierReport(kind, made.extractor.description, found, classes));
  else say("stopped   before a seed was finished: there is no result");
  if (found.failed !== undefined) throw found.failed.error;
}
