import { canonicalProtocol } from "./canonical-protocol.js";

/** A number with the protocol that gave it. */
export interface RecordedScore {
  readonly protocol: Readonly<Record<string, unknown>>;
}

/** Scores that may be compared: their protocols agree (`protocolDifferences` names none). */
export interface ComparableGroup<Score extends RecordedScore> {
  /** That of the first. */
  readonly protocol: Readonly<Record<string, unknown>>;
  readonly scores: readonly Score[];
}

/** A text that two protocols have in common exactly when their numbers may be compared (`protocolDifferences` names none). */
export const protocolKey = (protocol: object): string => JSON.stringify(canonicalProtocol(protocol));

/** Scores in groups that may be compared, in the order of their first members. */
export function comparableGroups<Score extends RecordedScore>(scores: readonly Score[]): ComparableGroup<Score>[] {
  const groups = new Map<string, Score[]>();
  for (const score of scores) {
    const key = protocolKey(score.protocol);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [score]);
    else group.push(score);
  }
  return [...groups.values()].map((members) => ({ protocol: members[0]!.protocol, scores: members }));
}
