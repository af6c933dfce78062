/** Values of a constant of a graph: float32, or int64 (shapes and places). */
export interface OnnxTensor {
  readonly shape: readonly number[];
  readonly values: Float32Array | BigInt64Array;
}

/** A setting of an operator; ONNX tells whole numbers, lists of them and others apart. */
export type OnnxAttribute = { readonly int: number } | { readonly ints: readonly number[] } | { readonly float: number };

/** An operator with the names of what goes in and what comes out. */
export interface OnnxNode {
  readonly name: string;
  readonly operator: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, OnnxAttribute>>;
}

/** An input or output of the whole, float32. An axis is a number, or a name where its length is open. */
export interface OnnxValue {
  readonly name: string;
  readonly shape: readonly (number | string)[];
}

/** A network as ONNX has it: nodes in an order in which they can be computed. */
export interface OnnxGraph {
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  readonly nodes: readonly OnnxNode[];
  /** By name. */
  readonly initializers: ReadonlyMap<string, OnnxTensor>;
}

type Attributes = Readonly<Record<string, OnnxAttribute>>;

/** Writes a graph down, operator by operator. Every method gives the name of a value, for the next operator to take. */
export interface GraphBuilder extends Pick<OnnxGraph, "nodes" | "initializers"> {
  /** The same graph, with names that start with `scope` and a dot: what belongs to a layer. */
  readonly within: (scope: string) => GraphBuilder;
  /** An operator with one output, named after the operator unless `output` names it. */
  readonly node: (operator: string, inputs: readonly string[], attributes?: Attributes, output?: string) => string;
  /** An operator with more than one. */
  readonly nodeOf: (count: number, operator: string, inputs: readonly string[], attributes?: Attributes) => string[];
  /** Weights. */
  readonly weights: (name: string, shape: readonly number[], values: Float32Array) => string;
  /** Whole numbers that an operator takes as an input, [count]: a shape, places. The same ones are written once. */
  readonly integers: (...values: readonly number[]) => string;
  /** One number, []. The same one is written once. */
  readonly scalar: (value: number) => string;
}

/** A graph with nothing in it. */
export function startGraph(): GraphBuilder {
  const nodes: OnnxNode[] = [];
  const initializers = new Map<string, OnnxTensor>();
  const uses = new Map<string, number>();

  /** A name that nothing has yet: the second addition of a layer is its `Add.1`. */
  const unused = (name: string): string => {
    const count = uses.get(name) ?? 0;
    uses.set(name, count + 1);
    return count === 0 ? name : `${name}.${count}`;
  };
  const keep = (name: string, tensor: OnnxTensor): string => {
    initializers.set(name, tensor);
    return name;
  };
  const builder = (prefix: string): GraphBuilder => {
    const nodeOf: GraphBuilder["nodeOf"] = (count, operator, inputs, attributes = {}) => {
      const name = unused(`${prefix}${operator}`);
      const outputs = count === 1 ? [name] : Array.from({ length: count }, (_, index) => `${name}.output${index}`);
      nodes.push({ name, operator, inputs, outputs, attributes });
      return outputs;
    };
    return {
      nodes,
      initializers,
      within: (scope) => builder(`${prefix}${scope}.`),
      nodeOf,
      node: (operator, inputs, attributes = {}, output) => {
        if (output === undefined) return nodeOf(1, operator, inputs, attributes)[0]!;
        nodes.push({ name: unused(`${prefix}${operator}`), operator, inputs, outputs: [output], attributes });
        return output;
      },
      weights: (name, shape, values) => keep(`${prefix}${name}`, { shape, values }),
      integers: (...values) => keep(`integers.${values.join(".")}`, { shape: [values.length], values: BigInt64Array.from(values, BigInt) }),
      scalar: (value) => keep(`scalar.${value}`, { shape: [], values: Float32Array.of(value) }),
    };
  };
  return builder("");
}
