import { gzipSync } from "node:zlib";
import { parquetWriteBuffer } from "hyparquet-writer";

type Options = Omit<Parameters<typeof parquetWriteBuffer>[0], "columnData" | "schema">;

interface Rows {
  /** Null where a row has no image. */
  readonly images: readonly (Uint8Array | null)[];
  readonly labels?: readonly (number | null)[];
  readonly classes?: readonly string[];
}

const optional = { repetition_type: "OPTIONAL" } as const;

/** A file as Hugging Face's `datasets` lays it out: images in a struct with their paths, class numbers, features in the metadata. */
export function hubFile({ images, labels, classes }: Rows, options: Options = {}): Buffer {
  const features = { image: { _type: "Image" }, ...(classes === undefined ? {} : { label: { names: classes, _type: "ClassLabel" } }) };
  return Buffer.from(
    parquetWriteBuffer({
      columnData: [
        { name: "image", data: images.map((bytes, index) => ({ bytes, path: `${index}.png` })) },
        ...(labels === undefined ? [] : [{ name: "label", data: labels.map((label) => (label === null ? null : BigInt(label))) }]),
      ],
      schema: [
        { name: "schema", num_children: labels === undefined ? 1 : 2 },
        { name: "image", num_children: 2, ...optional },
        { name: "bytes", type: "BYTE_ARRAY", ...optional },
        { name: "path", type: "BYTE_ARRAY", converted_type: "UTF8", ...optional },
        ...(labels === undefined ? [] : [{ name: "label", type: "INT64", ...optional } as const]),
      ],
      kvMetadata: [{ key: "huggingface", value: JSON.stringify({ info: { features } }) }],
      compressors: { GZIP: gzipSync },
      ...options,
    }),
  );
}
