// One entry to all benchmarks: `pnpm bench SUITE [options]`; `pnpm bench tiny` tries them out. Without a suite: which there are.
import { fileURLToPath } from "node:url";
import { suiteProblem, suites } from "./suites.js";

/** Words that are no suite. */
const [TINY, PUBLISH] = ["tiny", "publish"];

const usage = () => {
  const width = Math.max(...Object.keys(suites).map((name) => name.length));
  const lines = Object.entries(suites).map(([name, { what, takes, needs }]) => `  ${name.padEnd(width)}  ${what} (${takes}${needs === undefined ? "" : `; needs ${needs}`})`);
  return `Usage: pnpm bench SUITE [options]\n\n${lines.join("\n")}\n  ${TINY.padEnd(width)}  the least of every suite, or of those named behind it, to see that they run (minutes)\n  ${PUBLISH.padEnd(width)}  no measuring: benchmarks/RESULTS.md and the README's table, of the results that the suites have in the repository\n\npnpm bench SUITE --help tells its options, as pnpm bench ${TINY} --help does. Times are rough, of two cores.\n`;
};

const [name, ...rest] = process.argv.slice(2);
// A suite has help of its own, and so has what tries them out.
const asksForHelp = (name === PUBLISH ? rest : [name ?? "--help"]).some((given) => given === "--help" || given === "-h");
const extra = name === PUBLISH && rest.length > 0 ? `[bench] ${PUBLISH}: expected nothing behind it, received "${rest.join(" ")}". A suite's own sitting is published by pnpm bench SUITE --publish.` : undefined;
const problem = asksForHelp ? undefined : extra ?? suiteProblem(name, [...Object.keys(suites), TINY, PUBLISH]);
if (asksForHelp) {
  process.stdout.write(usage());
} else if (problem !== undefined) {
  process.stderr.write(`${problem}\n`);
  process.exitCode = 2;
} else if (name === PUBLISH) {
  const { publish } = await import("./results-page.js");
  for (const path of publish()) process.stderr.write(`wrote ${path}\n`);
} else if (name === TINY) {
  const { tiny } = await import("./tiny.js");
  await tiny(rest);
} else {
  const { script } = suites[name];
  // The suite reads its command line as if it had been called itself.
  process.argv.splice(1, process.argv.length, fileURLToPath(new URL(`../${script}`, import.meta.url)), ...rest);
  await import(new URL(`../${script}`, import.meta.url).href);
}
