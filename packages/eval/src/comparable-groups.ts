/** A number with the protocol that gave it. */
export interface RecordedScore {
  /** What was judged: runs that differ only by their seed have the same. */
  readonly subject: string;
  /** Names and values: `{ top1: 0.61, top5: 0.95 }`. */
  readonly scores: Readonly<Record<string, number>>;
  readonly protocol: Readonly<Record<string, unknown>>;
}

/** Scores that may be compared: their protocols agree in everything but seeds. */
export interface ComparableGroup {
  readonly protocol: Readonly<Record<string, unknown>>;
  readonly scores: readonly RecordedScore[];
}

const isSeed = (name: string): boolean => /^seeds?$/i.test(name) || name.endsWith("Seed");

/** A protocol without the seeds in it, whose fields always come in the same order: two agree when their texts do. */
function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([name]) => !isSeed(name)).sort(([first], [second]) => (first < second ? -1 : 1));
  return Object.fromEntries(entries.map(([name, inner]) => [name, canonical(inner)]));
}

/** What two protocols must have in common for their numbers to be compared. Seeds are left out: intervals are made over them. */
export const protocolKey = (protocol: Readonly<Record<string, unknown>>): string => JSON.stringify(canonical(protocol));

/** Scores in groups that may be compared, in the order of their first members. */
export function comparableGroups(scores: readonly RecordedScore[]): ComparableGroup[] {
  const groups = new Map<string, RecordedScore[]>();
  for (const score of scores) {
    const key = protocolKey(score.protocol);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [score]);
    else group.push(score);
  }
  return [...groups.values()].map((members) => ({ protocol: members[0]!.protocol, scores: members }));
}
