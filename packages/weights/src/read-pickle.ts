/**
 * Reads the pickles of PyTorch's files as data. A pickle is a program for a small stack machine, and Python's own machine calls whatever function it names. This
 * one knows no function at all: instructions beyond those that plain data needs, and names beyond the allow-list of `pickle-names.ts`, end the reading.
 *
 * Instructions: Python's `pickletools`, protocols 2 to 5.
 */
import { refusedFile } from "./refused-file.js";
import { pickleBudget } from "./pickle-budget.js";
import { pickleCursor, pickleEnded } from "./pickle-cursor.js";
import { pickleName, storageOf } from "./pickle-names.js";
import { opcodeName, opcodes } from "./pickle-opcodes.js";
import { pickledAs, type PickledStorage, pickleText, type PickleValue } from "./pickle-value.js";
import type { Unfit } from "./pickled-tensor.js";

/** A pickle, and how many bytes it has: old files have others behind it. */
export interface ReadPickle {
  readonly value: PickleValue;
  /** All that its persistent ids name, by key. */
  readonly storages: ReadonlyMap<string, PickledStorage>;
  readonly length: number;
}

/** A ViT's checkpoint with its optimizer has some 100,000; a file that was made to exhaust the memory needs many more. */
const MOST_INSTRUCTIONS = 2_000_000;
/** Bytes of one integer; PyTorch's largest has 10. */
const LONGEST_INTEGER = 64;
const HIGHEST_PROTOCOL = 5;

const SAFE = "A pickle is a program, and Python runs it; this reader runs none. Save the weights alone: torch.save(model.state_dict(), path).";
const DAMAGED = "The file is cut off or damaged: copy or download it again.";

/** Little-endian, two's complement. */
function integerOf(bytes: Uint8Array): number | bigint {
  let value = 0n;
  for (let i = bytes.length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i]!);
  const signed = BigInt.asIntN(bytes.length * 8, value);
  return signed >= BigInt(Number.MIN_SAFE_INTEGER) && signed <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(signed) : signed;
}

const isUnfit = (made: PickleValue | Unfit): made is Unfit => typeof made === "object" && made !== null && "expected" in made;

/**
 * Reads one pickle from the first byte on.
 *
 * @param location names the pickle in messages: the file, and which part of it
 * @returns undefined when the bytes end before the pickle does
 * @throws ConfigError that names the instruction, type or function that is refused
 */
export function readPickle(bytes: Uint8Array, location: string): ReadPickle | undefined {
  const cursor = pickleCursor(bytes);
  const spend = pickleBudget();
  const memo = new Map<number, PickleValue>();
  const storages = new Map<string, PickledStorage>();
  // MARK sets the stack aside and begins a new one, which the instruction that wants the marked values takes as a whole.
  const aside: PickleValue[][] = [];
  let stack: PickleValue[] = [];
  let started = 0;

  const refuse = (expected: string, received: string, fix = DAMAGED): never => {
    throw refusedFile(`${location}, byte ${started}`, expected, received, fix);
  };
  /** Before the values are copied. */
  const pay = (copied: readonly PickleValue[]): void => {
    const limit = spend(copied, cursor.position);
    if (limit !== undefined) refuse(`calls that put together at most ${limit} bytes`, "more", SAFE);
  };
  const pop = (): PickleValue => (stack.length > 0 ? stack.pop()! : refuse("a value", "an empty stack"));
  const top = (): PickleValue => (stack.length > 0 ? stack.at(-1)! : refuse("a value", "an empty stack"));
  const popMarked = (): PickleValue[] => {
    const marked = stack;
    stack = aside.pop() ?? refuse("a mark", "none");
    return marked;
  };
  const popTuple = (): PickleValue[] => {
    const value = pop();
    return Array.isArray(value) ? value : refuse("arguments", pickleText(value));
  };
  const text = (length: number): string => {
    const encoded = cursor.take(length);
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(encoded);
    } catch {
      return refuse("a text in UTF-8", "other bytes");
    }
  };
  const integer = (length: number): number | bigint =>
    length <= LONGEST_INTEGER ? integerOf(cursor.take(length)) : refuse(`an integer of up to ${LONGEST_INTEGER} bytes`, String(length));
  const recall = (index: number): PickleValue => memo.get(index) ?? (memo.has(index) ? null : refuse("a value kept earlier", `none under ${index}`));
  const append = (values: readonly PickleValue[]): void => {
    const list = top();
    if (!Array.isArray(list)) return refuse("a list to append to", pickleText(list));
    for (const value of values) list.push(value);
  };
  const set = (pairs: readonly PickleValue[]): void => {
    const dictionary = top();
    if (!(dictionary instanceof Map)) return refuse("a dictionary to set values of", pickleText(dictionary));
    if (pairs.length % 2 !== 0) return refuse("keys with values", "a key without one");
    for (let i = 0; i < pairs.length; i += 2) dictionary.set(pairs[i]!, pairs[i + 1]!);
  };
  const named = (module: string, attribute: string): PickleValue => {
    const name = `${module}.${attribute}`;
    const known = pickleName(name) ?? refuse("tensors and plain data", name.length > 80 ? `${name.slice(0, 80)}…` : name, SAFE);
    return known.dtype === undefined ? { kind: "name", name } : { kind: "element type", dtype: known.dtype, isLittleEndian: true };
  };
  const call = (): PickleValue => {
    const parameters = popTuple();
    const callee = pop();
    const name = pickledAs("name", callee)?.name;
    const make = name === undefined ? undefined : pickleName(name)?.make;
    if (make === undefined) return refuse("a call of what tensors and plain data need", pickleText(callee), SAFE);
    pay(parameters);
    const made = make(parameters);
    return isUnfit(made) ? refuse(`${made.expected} for ${name!}`, made.received) : made;
  };
  const build = (): void => {
    const state = pop();
    const built = top();
    const namespace = pickledAs("namespace", built);
    const type = pickledAs("element type", built);
    if (namespace !== undefined && state instanceof Map) {
      pay([state]);
      for (const [key, value] of state) namespace.attributes.set(key, value);
    } else if (type !== undefined && Array.isArray(state)) type.isLittleEndian = state[1] !== ">";
    // Attributes of an OrderedDict, as PyTorch's `_metadata` of state dicts: nothing of the weights.
    else if (!(built instanceof Map && state instanceof Map)) refuse("the state of plain data", `one for ${pickleText(built)}`, SAFE);
  };
  const persistent = (): PickleValue => {
    const storage = storageOf(pop());
    if (isUnfit(storage)) return refuse(storage.expected, storage.received, SAFE);
    storages.set(storage.key, storage);
    return storage;
  };
  const globalOnStack = (): PickleValue => {
    const [attribute, module] = [pop(), pop()];
    return typeof attribute === "string" && typeof module === "string" ? named(module, attribute) : refuse("the name of a type", pickleText(attribute));
  };
  const protocol = (): void => {
    const version = cursor.unsigned(1);
    if (version > HIGHEST_PROTOCOL) refuse(`a protocol of up to ${HIGHEST_PROTOCOL}`, String(version));
  };

  const push = (value: PickleValue): void => void stack.push(value);
  const steps: Partial<Record<number, () => void>> = {
    [opcodes.PROTO]: protocol,
    [opcodes.FRAME]: () => void cursor.unsigned(8),
    [opcodes.MARK]: () => {
      aside.push(stack);
      stack = [];
    },
    [opcodes.NONE]: () => { push(null); },
    [opcodes.NEWTRUE]: () => { push(true); },
    [opcodes.NEWFALSE]: () => { push(false); },
    [opcodes.BININT]: () => { push(cursor.signed32()); },
    [opcodes.BININT1]: () => { push(cursor.unsigned(1)); },
    [opcodes.BININT2]: () => { push(cursor.unsigned(2)); },
    [opcodes.LONG1]: () => { push(integer(cursor.unsigned(1))); },
    [opcodes.LONG4]: () => { push(integer(cursor.unsigned(4))); },
    [opcodes.BINFLOAT]: () => { push(cursor.float64()); },
    [opcodes.BINUNICODE]: () => { push(text(cursor.unsigned(4))); },
    [opcodes.SHORT_BINUNICODE]: () => { push(text(cursor.unsigned(1))); },
    [opcodes.BINUNICODE8]: () => { push(text(cursor.unsigned(8))); },
    // Python 2's texts.
    [opcodes.BINSTRING]: () => { push(text(cursor.unsigned(4))); },
    [opcodes.SHORT_BINSTRING]: () => { push(text(cursor.unsigned(1))); },
    [opcodes.BINBYTES]: () => { push(cursor.take(cursor.unsigned(4)).slice()); },
    [opcodes.SHORT_BINBYTES]: () => { push(cursor.take(cursor.unsigned(1)).slice()); },
    [opcodes.BINBYTES8]: () => { push(cursor.take(cursor.unsigned(8)).slice()); },
    [opcodes.EMPTY_LIST]: () => { push([]); },
    [opcodes.EMPTY_SET]: () => { push([]); },
    [opcodes.EMPTY_TUPLE]: () => { push([]); },
    [opcodes.EMPTY_DICT]: () => { push(new Map()); },
    [opcodes.APPEND]: () => { append([pop()]); },
    [opcodes.APPENDS]: () => { append(popMarked()); },
    [opcodes.ADDITEMS]: () => { append(popMarked()); },
    [opcodes.TUPLE]: () => { push(popMarked()); },
    [opcodes.FROZENSET]: () => { push(popMarked()); },
    [opcodes.TUPLE1]: () => { push([pop()]); },
    [opcodes.TUPLE2]: () => { push([pop(), pop()].reverse()); },
    [opcodes.TUPLE3]: () => { push([pop(), pop(), pop()].reverse()); },
    [opcodes.SETITEM]: () => { set([pop(), pop()].reverse()); },
    [opcodes.SETITEMS]: () => { set(popMarked()); },
    [opcodes.BINGET]: () => { push(recall(cursor.unsigned(1))); },
    [opcodes.LONG_BINGET]: () => { push(recall(cursor.unsigned(4))); },
    [opcodes.BINPUT]: () => void memo.set(cursor.unsigned(1), top()),
    [opcodes.LONG_BINPUT]: () => void memo.set(cursor.unsigned(4), top()),
    [opcodes.MEMOIZE]: () => void memo.set(memo.size, top()),
    [opcodes.GLOBAL]: () => { push(named(cursor.line(), cursor.line())); },
    [opcodes.STACK_GLOBAL]: () => { push(globalOnStack()); },
    [opcodes.REDUCE]: () => { push(call()); },
    [opcodes.NEWOBJ]: () => { push(call()); },
    [opcodes.BUILD]: build,
    [opcodes.BINPERSID]: () => { push(persistent()); },
  };

  try {
    for (let instructions = 0; instructions < MOST_INSTRUCTIONS; instructions++) {
      started = cursor.position;
      const opcode = cursor.unsigned(1);
      if (opcode === opcodes.STOP) {
        if (aside.length > 0 || stack.length !== 1) refuse("one value at the end", `${stack.length}, and ${aside.length} marks`);
        return { value: stack[0]!, storages, length: cursor.position };
      }
      const step = steps[opcode];
      if (step === undefined) refuse("instructions of tensors and plain data", opcodeName(opcode), SAFE);
      step!();
    }
  } catch (error) {
    if (error === pickleEnded) return undefined;
    throw error;
  }
  return refuse(`at most ${MOST_INSTRUCTIONS} instructions`, "more", SAFE);
}
