import { writeFileSync } from "node:fs";
import { join } from "node:path";

/** Leaves a rank's result for the test that started the job. */
export function writeResult(/** @type {{ rank: number }} */ { rank }, /** @type {unknown} */ result) {
  writeFileSync(join(/** @type {string} */ (process.argv[2]), `${rank}.json`), JSON.stringify(result));
}
