/** What computes a run. Another one may go on with it; the bytes are then other ones. */
export interface RunEngine {
  /** tfjs's name of the backend: `"native"`. */
  readonly name: string;
  readonly precision?: string | undefined;
  /** Of the processor, where the engine has kernels for several: they round in other ways. */
  readonly instructions?: string | undefined;
}

/** A warning for a resume on another engine. What one of both does not say is no difference. */
export function changedEngine(saved: RunEngine | undefined, given: RunEngine): string | undefined {
  const parts = ["name", "precision", "instructions"] as const;
  if (saved === undefined || parts.every((part) => saved[part] === undefined || given[part] === undefined || saved[part] === given[part])) return undefined;
  const [before, now] = [saved, given].map((engine) => parts.flatMap((part) => engine[part] ?? []).join(", "));
  return `the run was computed by ${before!} and goes on with ${now!}: from here on its bytes are not those of an undisturbed run`;
}
