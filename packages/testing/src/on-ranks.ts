import { type Collective, differentiableCollective } from "@ssl-vit/core";
import { type Tensor, tensor, type TensorContainer, tidy } from "@tensorflow/tfjs-core";

/** One collective call: what it is, and what each rank that has come to it brings. */
interface Meeting {
  readonly call: string;
  readonly contributions: (readonly number[] | undefined)[];
}

/** Thrown to leave a rank that has to wait for another. */
const waiting = Symbol("waiting for another rank");

/**
 * Runs a function as a group of processes would, in this one: `allReduce` and `allGather`, and their gradients, see all ranks.
 *
 * A rank runs until a call to which another has not come yet, is left there, and starts again from the beginning when the other has. So
 * `run` is called several times for each rank: it must do the same each time (make its own method, take its randomness from a seed), and
 * what it makes is freed unless it returns, keeps or assigns it.
 *
 * @returns the result of each rank; the caller owns the tensors
 * @throws Error when the ranks make different calls (a real group would hang, or mix them up), or a rank not the same calls when run again
 */
export function onRanks<T>(size: number, run: (collective: Collective) => T): T[] {
  const meetings: Meeting[] = [];
  const results = new Map<number, T>();
  while (results.size < size) {
    let progress = false;
    for (let rank = 0; rank < size; rank++) {
      if (results.has(rank)) continue;
      const group = joinGroup(rank, size, meetings);
      try {
        results.set(rank, tidy(() => run(group.collective) as TensorContainer) as T);
        progress = true;
      } catch (error) {
        if (error !== waiting) throw error;
        progress ||= group.hasContributed();
      }
    }
    if (!progress) throw new Error(`Ranks wait forever: ${describeMissing(meetings)}.`);
  }
  for (const { contributions } of meetings) if (contributions.includes(undefined)) throw new Error(`A call was not made by every rank: ${describeMissing(meetings)}.`);
  return Array.from({ length: size }, (_, rank) => results.get(rank)!);
}

/** The collective of one rank, for one run from the beginning. */
function joinGroup(rank: number, size: number, meetings: Meeting[]): { collective: Collective; hasContributed: () => boolean } {
  let calls = 0;
  let contributed = false;

  /** Comes to the next meeting with a tensor; what all ranks bring, or leaves the run. */
  const meet = (kind: string, given: Tensor): readonly (readonly number[])[] => {
    const number = calls++;
    const call = `${kind} of [${given.shape.join(", ")}] ${given.dtype}`;
    const meeting = (meetings[number] ??= { call, contributions: Array.from({ length: size }, () => undefined) });
    if (meeting.call !== call) throw new Error(`Call ${number}: rank ${rank} comes with ${call}, another with ${meeting.call}.`);
    const values = [...given.dataSync()];
    const before = meeting.contributions[rank];
    if (before === undefined) contributed = true;
    else if (!before.every((value, index) => Object.is(value, values[index]))) {
      throw new Error(`Call ${number}: rank ${rank} brings other values than when it ran before. The function must do the same each time.`);
    }
    meeting.contributions[rank] = values;
    return meeting.contributions.map((values) => {
      // eslint-disable-next-line @typescript-eslint/only-throw-error -- not an error: it leaves the run, and `onRanks` alone sees it
      if (values === undefined) throw waiting;
      return values;
    });
  };

  const reduced = <T extends Tensor>(given: T, operation: "sum" | "mean"): T => {
    const all = meet(`allReduce ${operation}`, given);
    const divisor = operation === "mean" ? size : 1;
    const values = all[0]!.map((_, index) => all.reduce((total, values) => total + values[index]!, 0) / divisor);
    return tensor(values, given.shape, given.dtype) as T;
  };

  const collective = differentiableCollective({
    rank,
    size,
    reduce: reduced,
    gather: (given) => {
      const [rows = 1, ...rest] = given.shape;
      return tensor(meet("allGather", given).flat(), [rows * size, ...rest], given.dtype) as typeof given;
    },
  });
  return { collective, hasContributed: () => contributed };
}

/** The first call that somebody missed, and who. */
function describeMissing(meetings: readonly Meeting[]): string {
  const number = meetings.findIndex(({ contributions }) => contributions.includes(undefined));
  const { call, contributions } = meetings[number]!;
  const absent = contributions.flatMap((values, rank) => (values === undefined ? [rank] : []));
  return `rank ${absent.join(", ")} never makes call ${number}, ${call}`;
}
