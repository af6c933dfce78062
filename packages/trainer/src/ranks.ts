/**
 * What a run asks of the other processes that train it, beside what its method asks: that they are the same run, and go the same way at each step.
 */
import { createHash } from "node:crypto";
import { ConfigError, type Method, methodVariables, type ProcessGroup } from "@ssl-vit/core";
import { tensor, type Variable } from "@tensorflow/tfjs-core";
import type { BatchProblem } from "./gradient-mean.js";
import type { OpenedRun } from "./open-run.js";
import type { TrainOptions } from "./train-options.js";
import type { StepNumbers } from "./training-step.js";

/** The other processes, if there are any: a group of one has nobody to talk to. */
export const groupOf = ({ distributed }: TrainOptions): ProcessGroup | undefined => (distributed === undefined || distributed.size === 1 ? undefined : distributed);

/** The signal that may end an evaluation. Several processes begin and end it together: there a signal waits for the next step. */
export const signalOf = (options: TrainOptions): AbortSignal | undefined => (groupOf(options) === undefined ? options.signal : undefined);

/**
 * Images of a batch that a process computes.
 *
 * @throws ConfigError for a batch that the processes cannot share evenly
 */
export function shareOfBatch(batchSize: number, size: number): number {
  const share = batchSize / size;
  if (Number.isInteger(share) && share >= 1) return share;
  const [below, above] = [Math.floor(share) * size, Math.ceil(share) * size];
  throw new ConfigError({
    package: "trainer",
    what: "batchSize",
    expected: `a multiple of the ${size} processes that share it`,
    received: String(batchSize),
    fix: `It is the batch of all of them together: give ${below === 0 ? above : `${below} or ${above}`} (--batch-size).`,
  });
}

/** Calls a function in which only some processes may fail; then all do. */
export async function together<T>(group: ProcessGroup, call: () => T | Promise<T>): Promise<T> {
  const outcome = await Promise.resolve().then(call).then((value) => ({ value }), (problem: unknown) => ({ problem }));
  group.agree("problem" in outcome ? outcome.problem : undefined);
  return (outcome as { readonly value: T }).value;
}

/** Rank 0's bytes, to all. */
function broadcastBytes(group: ProcessGroup, own: Uint8Array | undefined): Uint8Array<ArrayBuffer> {
  const length = new Uint8Array(Float64Array.of(own?.length ?? 0).buffer);
  group.broadcast(length);
  const bytes = new Uint8Array(new ArrayBuffer(new Float64Array(length.buffer)[0]!));
  if (group.rank === 0) bytes.set(own!);
  group.broadcast(bytes);
  return bytes;
}

/** What rank 0 gives, to all: files by name, and something of plain JSON about them. */
export function broadcastFiles<About>(group: ProcessGroup, own: { readonly about: About; readonly files: Readonly<Record<string, Uint8Array>> } | undefined): { about: About; files: Record<string, Uint8Array> } {
  const announced = own === undefined ? undefined : new TextEncoder().encode(JSON.stringify({ about: own.about, names: Object.keys(own.files) }));
  const { about, names } = JSON.parse(new TextDecoder().decode(broadcastBytes(group, announced))) as { readonly about: About; readonly names: readonly string[] };
  return { about, files: Object.fromEntries(names.map((name) => [name, broadcastBytes(group, own?.files[name])])) };
}

/** Gives every process rank 0's values. */
export function broadcastVariables(group: ProcessGroup, variables: Iterable<Variable>): void {
  for (const variable of variables) {
    // A copy: the backend may hand out its own memory.
    const values = variable.dataSync().slice();
    group.broadcast(new Uint8Array(values.buffer));
    if (group.rank === 0) continue;
    const value = tensor(values, variable.shape, variable.dtype);
    variable.assign(value);
    value.dispose();
  }
}

/**
 * Looks whether every process has rank 0's weights and buffers, bit for bit.
 *
 * @throws Error naming the first rank that has not, and its first tensor
 */
export function assertSameWeights(group: ProcessGroup, method: Method, step: number): void {
  const named = [...methodVariables(method)];
  const sumOf = (variables: readonly Variable[]): string => variables.reduce((hash, variable) => hash.update(variable.dataSync()), createHash("sha256")).digest("base64");
  const sums = group.exchange(sumOf(named.map(([, variable]) => variable)));
  if (sums.every((sum) => sum === sums[0])) return;
  const each = group.exchange(named.map(([, variable]) => sumOf([variable])).join(" ")).map((text) => text.split(" "));
  const rank = each.findIndex((own) => own.join() !== each[0]!.join());
  const name = named[each[rank]!.findIndex((sum, index) => sum !== each[0]![index])]![0];
  throw new Error(
    `[@ssl-vit/trainer] weights at step ${step}: expected the same on all ranks, received another ${name} on rank ${rank} (${group.places[rank] ?? "?"}) than on rank 0. ` +
      "What was saved before is of rank 0. A defect of that machine's memory or network, or code that draws random numbers of its own, makes ranks differ.",
  );
}

/** More of them are listed in train.log alone. */
const SHOWN = 8;

/** Tells who trains together: `2 processes of Open MPI 4.1.4, each with 32 images of a batch: rank 0 on node-1, process 12; rank 1 on …`. */
export async function sayRanks(run: Pick<OpenedRun, "say" | "note">, { size, transport, places }: ProcessGroup, images: number): Promise<void> {
  const listed = places.map((place, rank) => `rank ${rank} on ${place}`);
  const isLong = size > SHOWN;
  await run.say(`${size} processes of ${transport}, each with ${images} images of a batch: ${listed.slice(0, SHOWN).join("; ")}${isLong ? "; …" : ""}`);
  if (isLong) await run.note(listed.join("; "));
}

/** What a process wishes and has to say after a step. */
export interface StepWishes {
  readonly stops: boolean;
  readonly timeIsUp: boolean;
  readonly messages: readonly string[];
  /** What went wrong in the step; alone, a process has thrown it already. */
  readonly problem: BatchProblem | undefined;
}

/** What all processes have come to. */
export interface AgreedStep extends Pick<StepNumbers, "loss" | "metrics"> {
  readonly stops: boolean;
  readonly timeIsUp: boolean;
  /** Of all processes. */
  readonly messages: readonly string[];
}

/** Means of the numbers over the processes, and what any of them wishes. Throws what went wrong in any of them. */
export function agreeOnStep(group: ProcessGroup | undefined, numbers: Pick<StepNumbers, "loss" | "metrics">, wishes: StepWishes): AgreedStep {
  const { stops, timeIsUp, messages, problem } = wishes;
  if (group === undefined) return { ...numbers, stops, timeIsUp, messages };
  const names = Object.keys(numbers.metrics);
  const sums = new Float32Array(new ArrayBuffer(4 * (names.length + 5)));
  sums.set([Number(problem !== undefined), Number(stops), Number(timeIsUp), Number(messages.length > 0), numbers.loss, ...names.map((name) => numbers.metrics[name]!)]);
  group.startSum(sums).wait();
  const [problems = 0, stopping, late, talking, loss = 0, ...metrics] = sums;
  if (problems > 0) {
    // Through the batch's statistics a process spoils the others' losses: the one where numbers were lost first is to be named.
    const stages = group.exchange(String(problem?.stage ?? Infinity)).map(Number);
    group.agree(problem?.stage === Math.min(...stages) ? problem.error : undefined);
  }
  const said = talking === 0 ? [] : group.exchange(JSON.stringify(messages)).flatMap((text, rank) => (JSON.parse(text) as string[]).map((message) => `rank ${rank}: ${message}`));
  return {
    loss: loss / group.size,
    metrics: Object.fromEntries(names.map((name, index) => [name, metrics[index]! / group.size])),
    stops: stopping! > 0,
    timeIsUp: late! > 0,
    messages: said,
  };
}
