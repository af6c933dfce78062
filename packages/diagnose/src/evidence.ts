/** A limit between well and ill, for numbers that differ by amounts: `scale` beyond it the evidence is twice as good. */
export interface Limit {
  readonly at: number;
  readonly scale: number;
}

/** A limit for numbers that differ by factors: a `factor` beyond it the evidence is twice as good. */
export interface FactorLimit {
  readonly at: number;
  readonly factor: number;
}

/** Evidence beyond which nothing gets surer. */
const MOST = 5;

/** What is no number is no evidence. */
const bounded = (excess: number): number => (Number.isNaN(excess) ? -MOST : Math.min(MOST, Math.max(-MOST, excess)));

/** How far a value is above a limit: 0 at the limit, 1 a scale above it. */
export const above = (value: number, { at, scale }: Limit): number => bounded((value - at) / scale);

/** How far it is below. */
export const below = (value: number, { at, scale }: Limit): number => bounded((at - value) / scale);

/** How far a value of 0 or more is above a limit: 0 at the limit, 1 at `factor` times as much. */
export const timesAbove = (value: number, { at, factor }: FactorLimit): number => bounded(value <= 0 ? -MOST : Math.log(value / at) / Math.log(factor));

/** How far it is below; 0 is as far below as can be. */
export const timesBelow = (value: number, { at, factor }: FactorLimit): number => bounded(value <= 0 ? MOST : Math.log(at / value) / Math.log(factor));

/** How sure evidence makes: 1/2 at its limit, 3/4 one scale beyond it, 7/8 two scales beyond it. */
const sureness = (excess: number): number => 1 - 2 ** -(1 + Math.max(-1, excess));

/** The middle one of some values; NaN of none. */
export function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length === 0 ? NaN : sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Evidence at a step: how far past its limit. */
export interface Judged {
  readonly step: number;
  readonly excess: number;
}

/** Evidence that holds since a step. */
export interface Lasting {
  readonly step: number;
  readonly confidence: number;
}

/** How long evidence must hold to count. */
export interface Patience {
  /** Looks in a row, up to the last. */
  readonly looks: number;
  /** Steps from the first of them to the last, as a share of the run. Default 0. */
  readonly share?: number;
}

/**
 * Evidence that holds up to the last look, for long enough: since when, and how sure it makes. The confidence follows the middle one of the looks
 * in which it holds, and half of what is above 1/2 is kept back until it has held longer than it must.
 */
export function lasting(judged: readonly Judged[], { looks, share = 0 }: Patience, totalSteps: number): Lasting | undefined {
  const held = judged.slice(judged.findLastIndex(({ excess }) => !(excess >= 0)) + 1);
  const [first, last] = [held[0], held.at(-1)];
  if (first === undefined || last === undefined || held.length < looks || last.step - first.step < share * totalSteps) return undefined;
  const sure = sureness(medianOf(held.map(({ excess }) => excess)));
  return { step: first.step, confidence: 0.5 + (sure - 0.5) * (1 - 2 ** (-held.length / looks)) };
}

/** Evidence that held for long enough at some time, whether or not it does up to the last look: the surest such stretch. */
export function heldOnce(judged: readonly Judged[], patience: Patience, totalSteps: number): Lasting | undefined {
  const ends = judged.flatMap(({ excess }, place) => (excess >= 0 && (judged[place + 1]?.excess ?? -1) < 0 ? [place + 1] : []));
  const stretches = ends.map((end) => lasting(judged.slice(0, end), patience, totalSteps)).filter((held) => held !== undefined);
  return stretches.sort((a, b) => b.confidence - a.confidence)[0];
}

/** Evidence that is a fact from its step on, such as an option's value or how a run ended. */
export const certain = (step: number, excess: number): Lasting | undefined => (excess >= 0 ? { step, confidence: sureness(excess) } : undefined);
