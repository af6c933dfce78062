/** What computes a run. Another one may go on with it; the bytes are then other ones. */
export interface RunEngine {
  /** tfjs's name of the backend: `"native"`. */
  readonly name: string;
  readonly precision?: string | undefined;
  /** Of the processor, where the engine has kernels for several: they round in other ways. */
  readonly instructions?: string | undefined;
  /** Processes that train together, absent for one: their sums round in other ways. */
  readonly ranks?: number | undefined;
}

const shown = ({ name, precision, instructions, ranks = 1 }: RunEngine, withRanks: boolean): string =>
  [name, precision, instructions, withRanks ? `${ranks} ${ranks === 1 ? "process" : "processes"}` : undefined].filter((part) => part !== undefined).join(", ");

/** A warning for a resume on another engine, or on another number of processes. What one of both does not say of its engine is no difference. */
export function changedEngine(saved: RunEngine | undefined, given: RunEngine): string | undefined {
  const parts = ["name", "precision", "instructions"] as const;
  if (saved === undefined) return undefined;
  const otherRanks = (saved.ranks ?? 1) !== (given.ranks ?? 1);
  const isSame = parts.every((part) => saved[part] === undefined || given[part] === undefined || saved[part] === given[part]) && !otherRanks;
  return isSame ? undefined : `the run was computed by ${shown(saved, otherRanks)} and goes on with ${shown(given, otherRanks)}: from here on its bytes are not those of an undisturbed run`;
}
