// Gives the kernels and the addon's functions what they do not want. Every call must return or throw an Error; if the process ends otherwise, the
// last line on stderr is the call, and SEED makes it again. Prints what was called.
import { writeSync } from "node:fs";
import { backend, engine, getKernelsForBackend, setBackend, type Tensor, tidy } from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { binding } from "../src/binding.js";
import { NativeBackend } from "../src/index.js";
import { badAttributes, badTensors, hugeAttributes, resized, shrunk } from "./bad-input.js";
import { type Sample, samples } from "./kernel-samples.js";

type Call = readonly [name: string, args: readonly unknown[]];

const seed = Number(process.env["SEED"] ?? 1);
const runs = Number(process.env["RUNS"] ?? 20_000);
const problems: string[] = [];
let [calls, refused] = [0, 0];

await setBackend("native");
const native = backend();
if (!(native instanceof NativeBackend)) throw new Error("the native backend is not in use");

/** What a call does: an error or none, and how many tensors' data it leaves behind. Its tensors are disposed. */
function outcome(call: () => unknown): { error?: unknown; left: number } {
  const before = native.numDataIds();
  try {
    tidy(() => {
      call();
    });
    return { left: native.numDataIds() - before };
  } catch (error) {
    return { error, left: native.numDataIds() - before };
  }
}

/** Calls, and notes what is thrown that is no Error, and what a call that fails leaves behind (but for what `cpu` leaves, where that took over). */
function attempt(what: string, call: () => unknown, cpu?: () => unknown): void {
  writeSync(2, `${what}\n`);
  calls += 1;
  const { error, left } = outcome(call);
  if (error === undefined) return;
  refused += 1;
  if (!(error instanceof Error)) problems.push(`${what}: threw ${typeof error}`);
  if (left > 0 && (cpu === undefined || left > outcome(cpu).left)) problems.push(`${what}: ${left} tensors' data were left behind`);
}

/** Every call of the addon that the samples make, with copies of its arrays. */
const recorded: Call[] = [];
const functions = binding as unknown as Record<string, (...values: unknown[]) => unknown>;
const originals = { ...functions };
const isArray = (value: unknown): value is Float32Array | Int32Array | Uint8Array => ArrayBuffer.isView(value) && !(value instanceof DataView);
function record(make: () => unknown): void {
  for (const [name, call] of Object.entries(originals)) {
    functions[name] = (...values) => {
      recorded.push([name, values.map((value) => (isArray(value) ? value.slice() : value))]);
      return call(...values);
    };
  }
  make();
  Object.assign(functions, originals);
}

const cpuKernels = new Map(getKernelsForBackend("cpu").map(({ kernelName, kernelFunc }) => [kernelName, kernelFunc]));
const kernels = getKernelsForBackend("native").filter(({ kernelName, kernelFunc }) => cpuKernels.get(kernelName) !== kernelFunc).map(({ kernelName }) => kernelName);

function attemptKernel(name: string, what: string, inputs: () => unknown, attributes: unknown): void {
  const cpu = cpuKernels.get(name);
  attempt(
    `${name} ${what}`,
    () => engine().runKernel(name, inputs() as never, attributes as never),
    cpu && (() => cpu({ inputs: inputs() as never, attrs: attributes as never, backend: native })),
  );
}

const word = (value: unknown): string => (typeof value === "function" ? "a function" : JSON.stringify(value));

/** Kernels that leave odd sizes to the CPU backend, which counts through all of them: a huge one would take for ever. */
const countedOnCpu = /Conv2D/;

function tryKernel(name: string, { inputs, attributes }: Sample): void {
  record(() => engine().runKernel(name, inputs as never, attributes as never));
  const alsoEndless = !(cpuKernels.has(name) && countedOnCpu.test(name));
  for (const [key, good] of Object.entries<Tensor>(inputs as Record<string, Tensor>)) {
    for (const [bad, make] of Object.entries(badTensors(good, alsoEndless))) attemptKernel(name, `with ${key} ${bad}`, () => Object.assign(Array.isArray(inputs) ? [] : {}, inputs, { [key]: make() }), attributes);
  }
  for (const key of Object.keys(attributes)) {
    for (const value of alsoEndless ? [...badAttributes, ...hugeAttributes] : badAttributes) attemptKernel(name, `with ${key} = ${word(value)}`, () => inputs, { ...attributes, [key]: value });
  }
  for (const [what, make] of Object.entries(resized({ inputs, attributes }))) {
    const made = make();
    attemptKernel(name, what, () => made.inputs, made.attributes);
  }
  attemptKernel(name, "without inputs", () => ({}), attributes);
  attemptKernel(name, "without attributes", () => inputs, {});
}

for (const name of kernels) {
  tidy(() => {
    for (const sample of samples[name]?.() ?? []) tryKernel(name, sample);
  });
}

/** Anything that JavaScript can hand over. */
const shared = new ArrayBuffer(4096);
const length = fc.oneof(fc.nat(24), fc.nat(700));
const anything = fc.oneof(
  length.map((size) => new Float32Array(size).fill(1)),
  length.map((size) => new Int32Array(size)),
  length.map((size) => new Uint8Array(size)),
  fc.array(fc.integer({ min: -2, max: 8 }), { maxLength: 12 }).map((values) => Int32Array.from(values)),
  fc.array(fc.integer(), { maxLength: 12 }).map((values) => Int32Array.from(values)),
  fc.tuple(fc.nat(64), fc.nat(700)).map(([offset, size]) => new Float32Array(shared, 4 * offset, size)),
  fc.tuple(fc.nat(64), fc.nat(64)).map(([offset, size]) => new Int32Array(shared, 4 * offset, size)),
  length.map((size) => new Float32Array(new SharedArrayBuffer(4 * size))),
  length.map((size) => shrunk(size)),
  fc.integer({ min: 0, max: 40 }),
  fc.constantFrom(-1, 2 ** 16, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 32 + 1, 2 ** 53),
  fc.integer(),
  fc.double(),
  fc.constantFrom<unknown>(undefined, null, true, false, "x", {}, [], [1, 2], new Float64Array(8), new DataView(shared), shared, 1n, Symbol("x"), () => 1),
);

type Change =
  | { readonly kind: "replace"; readonly at: number; readonly value: unknown }
  | { readonly kind: "same"; readonly at: number; readonly other: number }
  | { readonly kind: "length"; readonly at: number; readonly by: number }
  | { readonly kind: "element"; readonly at: number; readonly index: number; readonly value: number };
const at = fc.nat(13);
const change: fc.Arbitrary<Change> = fc.oneof(
  fc.record({ kind: fc.constant("replace" as const), at, value: anything }),
  fc.record({ kind: fc.constant("same" as const), at, other: at }),
  fc.record({ kind: fc.constant("length" as const), at, by: fc.constantFrom(-16, -1, 1, 16) }),
  fc.record({ kind: fc.constant("element" as const), at, index: fc.nat(40), value: fc.oneof(fc.integer({ min: -3, max: 40 }), fc.integer(), fc.constantFrom(NaN, Infinity)) }),
);

function changed(values: readonly unknown[], changes: readonly Change[]): unknown[] {
  const result = values.map((value) => (isArray(value) ? value.slice() : value));
  for (const each of changes) {
    const index = each.at % Math.max(1, result.length);
    const value = result[index];
    if (each.kind === "replace") result[index] = each.value;
    else if (each.kind === "same") result[index] = result[each.other % Math.max(1, result.length)];
    else if (isArray(value)) {
      if (each.kind === "element") value[each.index % Math.max(1, value.length)] = each.value;
      else result[index] = (value.constructor as Float32ArrayConstructor).from({ length: Math.max(0, value.length + each.by) }, (_, position) => value[position] ?? 0);
    } else if (typeof value === "number") result[index] = value + (each.kind === "length" ? each.by : each.value);
  }
  return result;
}

const describe = (value: unknown): string => (isArray(value) ? `${value.constructor.name}(${value.length})` : typeof value === "object" && value !== null ? Object.prototype.toString.call(value) : String(value));
// Functions that no sample calls are given anything.
const uncalled = Object.keys(originals).filter((name) => recorded.every(([called]) => called !== name));
const call = fc.oneof(
  { weight: 9, arbitrary: fc.tuple(fc.constantFrom(...recorded), fc.array(change, { maxLength: 3 })).map(([[name, values], changes]): Call => [name, changed(values, changes)]) },
  { weight: 1, arbitrary: fc.tuple(fc.constantFrom(...Object.keys(originals)), fc.array(anything, { maxLength: 14 })) },
);
fc.assert(
  fc.property(call, ([name, values]) => {
    attempt(`${name}(${values.map(describe).join(", ")})`, () => originals[name]!(...values));
  }),
  { seed, numRuns: runs },
);

process.stdout.write(JSON.stringify({ kernels, unsampled: kernels.filter((name) => samples[name] === undefined), functions: Object.keys(originals), uncalled, calls, refused, problems }));
