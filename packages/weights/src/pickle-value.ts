import type { ElementType } from "@ssl-vit/safetensors";

/** A run of bytes in a PyTorch file that tensors look into. */
export interface PickledStorage {
  readonly kind: "storage";
  /** The file's name for it. */
  readonly key: string;
  /** Undefined: bytes without a type, which the tensor gives. */
  readonly dtype: ElementType | undefined;
  readonly byteLength: number;
}

/** A tensor: where its values are, not the values. */
export interface PickledTensor {
  readonly kind: "tensor";
  readonly storage: PickledStorage;
  readonly dtype: ElementType;
  readonly shape: readonly number[];
  /** Steps from one value to the next along each axis, in elements. 0 repeats. */
  readonly strides: readonly number[];
  /** The first value's place in the storage, in elements. */
  readonly offset: number;
}

/** A type or function of Python, as a name. Only names of the allow-list become one. */
interface PickledName {
  readonly kind: "name";
  readonly name: string;
}

/** An element type of PyTorch or NumPy, as a value. */
interface PickledElementType {
  readonly kind: "element type";
  readonly dtype: ElementType;
  /** False for NumPy's that are big-endian; BUILD tells. */
  isLittleEndian: boolean;
}

/** The attributes of an argparse.Namespace: the options of the run that wrote a checkpoint. */
interface PickledNamespace {
  readonly kind: "namespace";
  readonly attributes: Map<PickleValue, PickleValue>;
}

/** What a pickle can become: plain data, and descriptions of tensors. Lists, tuples and sets are arrays; dictionaries are maps. */
export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | PickleValue[]
  | Map<PickleValue, PickleValue>
  | PickledStorage
  | PickledTensor
  | PickledName
  | PickledElementType
  | PickledNamespace;

type PickledKinds = Extract<PickleValue, { readonly kind: string }>;

/** A value of one of the kinds above, if it is one. */
export function pickledAs<Kind extends PickledKinds["kind"]>(kind: Kind, value: PickleValue | undefined): Extract<PickledKinds, { readonly kind: Kind }> | undefined {
  const isKind = typeof value === "object" && value !== null && "kind" in value && value.kind === kind;
  return isKind ? (value as Extract<PickledKinds, { readonly kind: Kind }>) : undefined;
}

/** A value as it may stand in a message. */
export function pickleText(value: PickleValue | undefined): string {
  if (value === undefined) return "nothing";
  if (value === null) return "None";
  if (typeof value === "string") return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
  if (typeof value !== "object") return String(value);
  if (Array.isArray(value)) return `${value.length} values`;
  if (value instanceof Map) return `a dictionary of ${value.size}`;
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  if (value.kind === "name") return value.name;
  return value.kind === "element type" ? "an element type" : `a ${value.kind}`;
}
