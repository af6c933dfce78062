import { ConfigError } from "@ssl-vit/core";
import type { Writer } from "protobufjs/minimal.js";
import type { OnnxAttribute, OnnxGraph, OnnxNode, OnnxTensor, OnnxValue } from "./onnx-graph.js";

/** Of the operators: the first with LayerNormalization. */
const OPSET = 17;
/** Of the file, as old as its opset allows. */
const IR_VERSION = 8;
/** No message of Protocol Buffers may be larger. */
const LARGEST = 2 ** 31 - 1;
/** More than everything but weights takes. */
const ROOM = 2 ** 24;

/**
 * A graph as an .onnx file: a `ModelProto` of Protocol Buffers, whose fields and numbers are those of onnx.proto (github.com/onnx/onnx). The same graph gives the same bytes.
 *
 * @throws ConfigError for more weights than such a file can hold
 */
export async function encodeOnnx(graph: OnnxGraph): Promise<Uint8Array> {
  const size = [...graph.initializers.values()].reduce((sum, { values }) => sum + values.byteLength, 0);
  if (size > LARGEST - ROOM) {
    const fix = 'Larger ones have their weights in a file beside, which is not written here: write it as "hf" and convert that with optimum.';
    throw new ConfigError({ package: "weights", what: "format onnx", expected: "weights of less than 2 GB, the most that an .onnx file holds", received: `${(size / 1e9).toFixed(2)} GB`, fix });
  }
  // Loaded here: who reads weights, or writes other forms, goes without it.
  const { default: protobuf } = await import("protobufjs/minimal.js");
  const model = new protobuf.Writer();
  integer(model, 1, IR_VERSION);
  text(model, 2, "ssl-vit");
  message(model, 7, () => { writeGraph(model, graph); });
  message(model, 8, () => { integer(model, 2, OPSET); });
  return model.finish();
}

function writeGraph(writer: Writer, { nodes, initializers, inputs, outputs }: OnnxGraph): void {
  for (const node of nodes) message(writer, 1, () => { writeNode(writer, node); });
  text(writer, 2, "encoder");
  for (const [name, tensor] of initializers) message(writer, 5, () => { writeTensor(writer, name, tensor); });
  for (const input of inputs) message(writer, 11, () => { writeValue(writer, input); });
  for (const output of outputs) message(writer, 12, () => { writeValue(writer, output); });
}

function writeNode(writer: Writer, { name, operator, inputs, outputs, attributes }: OnnxNode): void {
  for (const input of inputs) text(writer, 1, input);
  for (const output of outputs) text(writer, 2, output);
  text(writer, 3, name);
  text(writer, 4, operator);
  for (const [key, attribute] of Object.entries(attributes)) message(writer, 5, () => { writeAttribute(writer, key, attribute); });
}

/** `AttributeProto`; field 20 tells which of the others holds the value. */
function writeAttribute(writer: Writer, name: string, attribute: OnnxAttribute): void {
  text(writer, 1, name);
  if ("float" in attribute) {
    writer.uint32(tag(2, FOUR_BYTES)).float(attribute.float);
    integer(writer, 20, 1);
  } else if ("int" in attribute) {
    integer(writer, 3, attribute.int);
    integer(writer, 20, 2);
  } else {
    for (const one of attribute.ints) integer(writer, 8, one);
    integer(writer, 20, 7);
  }
}

/** `TensorProto`, its values as they lie in memory, little-endian. */
function writeTensor(writer: Writer, name: string, { shape, values }: OnnxTensor): void {
  for (const length of shape) integer(writer, 1, length);
  integer(writer, 2, values instanceof Float32Array ? ELEMENT.float32 : ELEMENT.int64);
  text(writer, 8, name);
  writer.uint32(tag(9, BYTES)).bytes(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
}

/** `ValueInfoProto` → `TypeProto` → its tensor type → `TensorShapeProto` → one `Dimension` an axis. */
function writeValue(writer: Writer, { name, shape }: OnnxValue): void {
  const axis = (length: number | string): void => { if (typeof length === "number") integer(writer, 1, length); else text(writer, 2, length); };
  const axes = (): void => { for (const length of shape) message(writer, 1, () => { axis(length); }); };
  const tensorType = (): void => {
    integer(writer, 1, ELEMENT.float32);
    message(writer, 2, axes);
  };
  text(writer, 1, name);
  message(writer, 2, () => { message(writer, 1, tensorType); });
}

/** ONNX's numbers of element types. */
const ELEMENT = { float32: 1, int64: 7 } as const;

/** Protocol Buffers' ways to lay a value down. */
const VARINT = 0;
const BYTES = 2;
const FOUR_BYTES = 5;

const tag = (field: number, wireType: number): number => (field << 3) | wireType;

function integer(writer: Writer, field: number, value: number): void {
  writer.uint32(tag(field, VARINT)).int64(value);
}

function text(writer: Writer, field: number, value: string): void {
  writer.uint32(tag(field, BYTES)).string(value);
}

/** A message within one, which has its length before it. */
function message(writer: Writer, field: number, write: () => void): void {
  writer.uint32(tag(field, BYTES)).fork();
  write();
  writer.ldelim();
}
