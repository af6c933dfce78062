import { elementBytes, type ElementType, toFloat32 } from "@ssl-vit/safetensors";
import { pickledAs, type PickledStorage, pickleText, type PickleValue } from "./pickle-value.js";
import { pickledTensor, type Unfit } from "./pickled-tensor.js";

/**
 * What a name of the allow-list stands for. None of it is Python's: a "call" only puts arguments together to a description. Any other name is refused.
 */
export interface PickleName {
  /** What REDUCE and NEWOBJ make of the arguments. Absent: the name may be told, not called. */
  readonly make?: (parameters: readonly PickleValue[]) => PickleValue | Unfit;
  /** An element type of PyTorch: what the name is by itself. */
  readonly dtype?: ElementType;
  /** Of a PyTorch storage; null: bytes without a type. */
  readonly storage?: ElementType | null;
}

const storages: Readonly<Record<string, ElementType>> = {
  FloatStorage: "F32",
  DoubleStorage: "F64",
  HalfStorage: "F16",
  BFloat16Storage: "BF16",
  LongStorage: "I64",
  IntStorage: "I32",
  ShortStorage: "I16",
  CharStorage: "I8",
  ByteStorage: "U8",
  BoolStorage: "BOOL",
};

const dtypes: Readonly<Record<string, ElementType>> = {
  float32: "F32",
  float64: "F64",
  float16: "F16",
  bfloat16: "BF16",
  float8_e4m3fn: "F8_E4M3",
  float8_e5m2: "F8_E5M2",
  float8_e4m3fnuz: "F8_E4M3FNUZ",
  float8_e5m2fnuz: "F8_E5M2FNUZ",
  float8_e8m0fnu: "F8_E8M0",
  int64: "I64",
  int32: "I32",
  int16: "I16",
  int8: "I8",
  uint64: "U64",
  uint32: "U32",
  uint16: "U16",
  uint8: "U8",
  bool: "BOOL",
};

/** NumPy's codes of types: kind and bytes. */
const numpyCodes: Readonly<Record<string, ElementType>> = {
  f2: "F16",
  f4: "F32",
  f8: "F64",
  i1: "I8",
  i2: "I16",
  i4: "I32",
  i8: "I64",
  u1: "U8",
  u2: "U16",
  u4: "U32",
  u8: "U64",
  b1: "BOOL",
};

const unfit = (expected: string, received: string): Unfit => ({ expected, received });

const isFlagged = (metadata: PickleValue | undefined): boolean => metadata instanceof Map && [...metadata.values()].some((flag) => flag !== false);

/** Arguments: storage, offset, size, stride, requires_grad, hooks, and flags of views that are negated or conjugated only when they are looked at. */
function rebuiltTensor(parameters: readonly PickleValue[]): PickleValue | Unfit {
  return isFlagged(parameters[6]) ? unfit("a plain tensor", "a negated or conjugated view") : pickledTensor(parameters);
}

/** The same of types that came after the storages: bytes, and the type as another argument. */
function rebuiltTyped(parameters: readonly PickleValue[]): PickleValue | Unfit {
  const type = pickledAs("element type", parameters[6]);
  if (type === undefined) return unfit("an element type", "none");
  return isFlagged(parameters[7]) ? unfit("a plain tensor", "a negated or conjugated view") : pickledTensor(parameters, type.dtype);
}

function rebuiltParameter([tensor]: readonly PickleValue[]): PickleValue | Unfit {
  return pickledAs("tensor", tensor) ?? unfit("a tensor", "another value");
}

function orderedDictionary([pairs]: readonly PickleValue[]): PickleValue | Unfit {
  const dictionary = new Map<PickleValue, PickleValue>();
  if (pairs === undefined) return dictionary;
  if (!Array.isArray(pairs)) return unfit("pairs", "another value");
  for (const pair of pairs) {
    if (!Array.isArray(pair) || pair.length !== 2) return unfit("pairs", "another value");
    dictionary.set(pair[0]!, pair[1]!);
  }
  return dictionary;
}

/** The bytes of a text in Latin-1: how pickles of protocol 2 hold bytes. */
function encodedText([text, encoding]: readonly PickleValue[]): PickleValue | Unfit {
  if (typeof text !== "string" || encoding !== "latin1") return unfit("a text in Latin-1", "another value");
  const bytes = new Uint8Array(text.length);
  // Uint8Array.from takes some thirty times as long.
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code > 0xff) return unfit("a text in Latin-1", "other characters");
    bytes[index] = code;
  }
  return bytes;
}

function numpyType([code]: readonly PickleValue[]): PickleValue | Unfit {
  const dtype = typeof code === "string" && Object.hasOwn(numpyCodes, code) ? numpyCodes[code] : undefined;
  return dtype === undefined ? unfit("a type of numbers", typeof code === "string" ? code.slice(0, 40) : "another value") : { kind: "element type", dtype, isLittleEndian: true };
}

/** One number of NumPy: `accuracy` of a checkpoint, for one. */
function numpyNumber([pickledType, bytes]: readonly PickleValue[]): PickleValue | Unfit {
  const type = pickledAs("element type", pickledType);
  if (type === undefined || !(bytes instanceof Uint8Array) || bytes.length !== elementBytes(type.dtype)) return unfit("the bytes of one number", "another value");
  const little = type.isLittleEndian ? bytes : Uint8Array.from(bytes).reverse();
  return toFloat32(type.dtype, little)[0]!;
}

const texts = (separator: string) => (parameters: readonly PickleValue[]): PickleValue | Unfit =>
  parameters.every((part) => typeof part === "string" || typeof part === "number") ? parameters.join(separator).replace(/^\/\//, "/") : unfit("texts", "another value");

const path: PickleName = { make: texts("/") };
const numpyScalar: PickleName = { make: numpyNumber };

const names: ReadonlyMap<string, PickleName> = new Map<string, PickleName>([
  ...Object.entries(storages).map(([name, dtype]) => [`torch.${name}`, { storage: dtype }] as const),
  ["torch.UntypedStorage", { storage: null }],
  ["torch.storage.UntypedStorage", { storage: null }],
  ...Object.entries(dtypes).map(([name, dtype]) => [`torch.${name}`, { dtype }] as const),
  ["torch._utils._rebuild_tensor", { make: rebuiltTensor }],
  ["torch._utils._rebuild_tensor_v2", { make: rebuiltTensor }],
  ["torch._utils._rebuild_tensor_v3", { make: rebuiltTyped }],
  ["torch._utils._rebuild_parameter", { make: rebuiltParameter }],
  ["torch._utils._rebuild_parameter_with_state", { make: rebuiltParameter }],
  ["torch.Size", { make: ([sizes]) => (Array.isArray(sizes) ? [...sizes] : unfit("sizes", "another value")) }],
  ["torch.device", { make: texts(":") }],
  ["collections.OrderedDict", { make: orderedDictionary }],
  ["argparse.Namespace", { make: () => ({ kind: "namespace", attributes: new Map() }) }],
  ["_codecs.encode", { make: encodedText }],
  ["numpy.dtype", { make: numpyType }],
  ["numpy.core.multiarray.scalar", numpyScalar],
  ["numpy._core.multiarray.scalar", numpyScalar],
  ...["pathlib", "pathlib._local"].flatMap((module) => ["PosixPath", "WindowsPath", "PurePosixPath", "PureWindowsPath"].map((name) => [`${module}.${name}`, path] as const)),
]);

/** What a name stands for; undefined for every name that is not of the allow-list. */
export const pickleName = (name: string): PickleName | undefined => names.get(name);

/**
 * The storage that a persistent id means: ("storage", type, key, device, elements). Old files add what part of another it is.
 */
export function storageOf(id: PickleValue): PickledStorage | Unfit {
  if (!Array.isArray(id) || id[0] !== "storage") return unfit("a storage", "another persistent id");
  const [, pickledType, key, , count, view] = id;
  const type = pickledAs("name", pickledType);
  const dtype = type === undefined ? undefined : pickleName(type.name)?.storage;
  if (dtype === undefined) return unfit("the type of a storage", type?.name ?? "another value");
  if (typeof key !== "string" && typeof key !== "number") return unfit("a storage's name", "another value");
  if (typeof count !== "number" || !Number.isSafeInteger(count) || count < 0) return unfit("a count of elements", pickleText(count));
  if (view !== undefined && view !== null) return unfit("a whole storage", "a part of another, as PyTorch before 0.4 wrote them");
  return { kind: "storage", key: String(key), dtype: dtype ?? undefined, byteLength: count * (dtype === null ? 1 : elementBytes(dtype)) };
}
