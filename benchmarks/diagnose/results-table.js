import { markdownTable } from "@ssl-vit/sitting/markdown-table.js";

/** @typedef {import("./judge-cases.js").Judged} Judged */

/** The first part of a run, within which a failure should be named. */
const EARLY = 0.3;

/** @param {number} share */
const percent = (share) => `${Math.round(share * 100)} %`;
/** @param {number} part @param {number} whole */
const portion = (part, whole) => (whole === 0 ? "–" : `${part} of ${whole} (${percent(part / whole)})`);

/** @param {Judged} judged */
const isRight = ({ broken, named }) => named[0]?.name === broken.truth;
/** @param {Judged} judged */
const isEarly = (judged) => isRight(judged) && judged.share !== undefined && judged.share <= EARLY;

/** What a person reads of the likeliest one. @param {Judged["named"]} named */
const topOf = ([top]) => (top === undefined ? "–" : `${top.name} (${top.confidence.toFixed(2)})`);

/** @param {readonly Judged[]} judged */
function brokenTable(judged) {
  const rows = judged.map((one) => {
    const { broken, named, share, outcome } = one;
    const thread = broken.thread === undefined ? "" : ` ([${/([^/]+)\/issues\/(\d+)/.exec(broken.thread)?.slice(1).join(" #") ?? "thread"}](${broken.thread}))`;
    return [
      broken.name,
      broken.method,
      `${broken.breaking ?? ""}${thread}`,
      broken.truth ?? "",
      topOf(named),
      isRight(one) ? "yes" : "**no**",
      share === undefined ? "–" : percent(share),
      named.slice(1).map(({ name }) => name).join(", "),
      `${outcome.steps}${outcome.crash === undefined && outcome.failure === undefined ? "" : ", error"}`,
    ];
  });
  return markdownTable(["run", "method", "what is broken", "truth", "likeliest diagnosis (confidence)", "right", "named for good at", "named besides", "steps"], rows);
}

/** @param {readonly Judged[]} judged */
function healthyTable(judged) {
  const rows = judged.map(({ broken, outcome, ever }) => [broken.method, broken.trainedOn ?? "photographs", ever.length === 0 ? "nothing" : ever.map(({ name, from, to, looks }) => `**${name}** (${looks} ${looks === 1 ? "look" : "looks"}, steps ${from} to ${to})`).join(", "), outcome.steps]);
  return markdownTable(["method, preset small", "images", "named at any look", "steps"], rows);
}

/** @param {string} title @param {readonly Judged[]} judged */
const summaryRow = (title, judged) => [
  title,
  judged.length,
  new Set(judged.map(({ broken }) => broken.way)).size,
  new Set(judged.map(({ broken }) => broken.method)).size,
  portion(judged.filter(isRight).length, judged.length),
  portion(judged.filter(({ broken, named }) => named.some(({ name }) => name === broken.truth)).length, judged.length),
  portion(judged.filter(isEarly).length, judged.length),
];

/**
 * Minutes in which any of the runs was under way.
 *
 * @param {readonly Judged[]} judged
 */
function minutesByTheClock(judged) {
  const spans = judged.map(({ outcome: { at, seconds } }) => ({ from: Date.parse(at) / 1000 - seconds, to: Date.parse(at) / 1000 })).sort((a, b) => a.from - b.from);
  let [seconds, until] = [0, -Infinity];
  for (const { from, to } of spans) {
    seconds += Math.max(0, to - Math.max(from, until));
    until = Math.max(until, to);
  }
  return seconds / 60;
}

/** Machines and code that the runs are of. @param {readonly Judged[]} judged */
function saidOf(judged) {
  const machines = [...new Set(judged.map(({ outcome: { machine: { cpu, cores, memory_gb: memory, node } } }) => `${String(cpu)}, ${String(cores)} cores, ${String(memory)} GB; Node ${String(node)}`))];
  const commits = [...new Set(judged.map(({ outcome }) => String(outcome.machine["commit"])))];
  const minutes = judged.reduce((sum, { outcome }) => sum + outcome.seconds, 0) / 60;
  return `${judged.length} runs, ${minutes.toFixed(0)} minutes of training in ${minutesByTheClock(judged).toFixed(0)} by the clock, on ${machines.join("; ")}; code ${commits.join(", ")}.`;
}

/**
 * The tables of what was named.
 *
 * @param {readonly Judged[]} judged
 */
export function resultsTables(judged) {
  const of = (/** @type {string} */ half) => judged.filter(({ broken }) => broken.half === half);
  const [tuned, heldOut, healthy] = [of("tuned"), of("held-out"), of("healthy")];
  const tunedWays = new Set(tuned.map(({ broken }) => broken.way));
  const alarms = healthy.filter(({ ever }) => ever.length > 0);
  const summary = markdownTable(
    ["half", "runs", "ways", "methods", "named rightly", "truth among those named", `rightly within ${percent(EARLY)} of the steps`],
    [
      summaryRow("tuned", tuned),
      summaryRow("held-out", heldOut),
      summaryRow("held-out, in ways that the tuned half does not have", heldOut.filter(({ broken }) => !tunedWays.has(broken.way))),
      summaryRow("both", [...tuned, ...heldOut]),
    ],
  );
  const threads = [...tuned, ...heldOut].filter(({ broken }) => broken.thread !== undefined);
  return [
    `## Summary\n${saidOf(judged)}\n\n${summary}\nFalse alarms: ${portion(alarms.length, healthy.length)} of the healthy runs had something named at any look${alarms.length === 0 ? "" : ` (${alarms.map(({ broken }) => broken.name.replace("healthy-", "")).join(", ")})`}.\n`,
    `## The tuned half\n${brokenTable(tuned)}`,
    `## The held-out half\n${brokenTable(heldOut)}`,
    `## Healthy runs\n${healthyTable(healthy)}`,
    `## Runs of issue threads\n${brokenTable(threads)}`,
  ].join("\n");
}
