import protobuf from "protobufjs";

/** The part of onnx.proto that encoders use, as published; to read files by another way than they are written. */
const { root } = protobuf.parse(`
  syntax = "proto2";
  message AttributeProto { optional string name = 1; optional float f = 2; optional int64 i = 3; repeated int64 ints = 8; optional int32 type = 20; }
  message Dimension { optional int64 dim_value = 1; optional string dim_param = 2; }
  message TensorShapeProto { repeated Dimension dim = 1; }
  message TensorType { optional int32 elem_type = 1; optional TensorShapeProto shape = 2; }
  message TypeProto { optional TensorType tensor_type = 1; }
  message ValueInfoProto { optional string name = 1; optional TypeProto type = 2; }
  message NodeProto { repeated string input = 1; repeated string output = 2; optional string name = 3; optional string op_type = 4; repeated AttributeProto attribute = 5; optional string domain = 7; }
  message TensorProto { repeated int64 dims = 1; optional int32 data_type = 2; optional string name = 8; optional bytes raw_data = 9; }
  message GraphProto { repeated NodeProto node = 1; optional string name = 2; repeated TensorProto initializer = 5; repeated ValueInfoProto input = 11; repeated ValueInfoProto output = 12; }
  message OperatorSetIdProto { optional string domain = 1; optional int64 version = 2; }
  message ModelProto { optional int64 ir_version = 1; optional string producer_name = 2; optional GraphProto graph = 7; repeated OperatorSetIdProto opset_import = 8; }
`, { keepCase: true });

interface OnnxNode {
  readonly name: string;
  readonly op_type: string;
  readonly input: readonly string[];
  readonly output: readonly string[];
  readonly attribute: readonly { readonly name: string; readonly f: number; readonly i: number; readonly ints: readonly number[]; readonly type: number }[];
}

interface OnnxValue {
  readonly name: string;
  readonly type: { readonly tensor_type: { readonly elem_type: number; readonly shape: { readonly dim: readonly { readonly dim_value: number; readonly dim_param?: string }[] } } };
}

interface OnnxModel {
  readonly ir_version: number;
  readonly producer_name: string;
  readonly opset_import: readonly { readonly domain: string; readonly version: number }[];
  readonly graph: {
    readonly node: readonly OnnxNode[];
    readonly initializer: readonly { readonly name: string; readonly dims: readonly number[]; readonly data_type: number; readonly raw_data: Uint8Array }[];
    readonly input: readonly OnnxValue[];
    readonly output: readonly OnnxValue[];
  };
}

/** What is in an .onnx file. */
export function decodeOnnx(bytes: Uint8Array): OnnxModel {
  const type = root.lookupType("ModelProto");
  return type.toObject(type.decode(bytes), { longs: Number, arrays: true }) as OnnxModel;
}

/** [batch, 3, 16, 16] of an input or output. */
export const axesOf = ({ type }: OnnxValue): (number | string)[] => type.tensor_type.shape.dim.map(({ dim_value: length, dim_param: name }) => (name === undefined || name === "" ? length : name));
