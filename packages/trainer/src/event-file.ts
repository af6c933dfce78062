/**
 * TensorBoard's event file: scalars as records that a reader can tell are whole. Written from the formats: TFRecord framing (tensorflow/core/lib/io/record_writer.h),
 * `Event`, `Summary` and `SessionLog` (tensorboard/compat/proto). Checked by reading it with Python's tensorboard (benchmarks/endurance).
 */
import { open, readdir } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { maskedCrc32c } from "./masked-crc32c.js";

/** A log of scalars that TensorBoard shows. */
export interface EventFile {
  /** Numbers of one step by their tags (`train/loss`); those that are not finite are left out, for its charts cannot show them. */
  write(step: number, scalars: Readonly<Record<string, number>>): Promise<void>;
  /** Makes what was written durable. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** SessionLog.START: TensorBoard drops what earlier files have from this step on, because the run redoes it. */
const SESSION_START = 1;

const wireTypes = { varint: 0, eightBytes: 1, lengthDelimited: 2, fourBytes: 5 } as const;

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  bytes.push(rest);
  return Buffer.from(bytes);
}

const key = (field: number, type: keyof typeof wireTypes): Buffer => varint(field * 8 + wireTypes[type]);

function double(field: number, value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return Buffer.concat([key(field, "eightBytes"), bytes]);
}

function float(field: number, value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return Buffer.concat([key(field, "fourBytes"), bytes]);
}

const integer = (field: number, value: number): Buffer => Buffer.concat([key(field, "varint"), varint(value)]);
const message = (field: number, content: Buffer): Buffer => Buffer.concat([key(field, "lengthDelimited"), varint(content.length), content]);
const text = (field: number, value: string): Buffer => message(field, Buffer.from(value));

/** Length, its checksum, the content, its checksum. */
function record(content: Buffer): Buffer {
  const header = Buffer.alloc(12);
  header.writeBigUInt64LE(BigInt(content.length));
  header.writeUInt32LE(maskedCrc32c(header.subarray(0, 8)), 8);
  const footer = Buffer.alloc(4);
  footer.writeUInt32LE(maskedCrc32c(content));
  return Buffer.concat([header, content, footer]);
}

const event = (...fields: Buffer[]): Buffer => record(Buffer.concat([double(1, Date.now() / 1000), ...fields]));

/** The second in a new file's name. TensorBoard reads files in its order, so it is later than those that are there, whatever the clock says. */
async function nextSecond(folder: string): Promise<number> {
  const seconds = (await readdir(folder)).map((name) => Number(/^events\.out\.tfevents\.(\d+)\./.exec(name)?.[1] ?? 0));
  return Math.max(Math.floor(Date.now() / 1000), ...seconds.map((second) => second + 1));
}

/**
 * Begins an event file in a run's folder. Every record is appended whole by one write, so a kill at any byte leaves all records before it readable.
 *
 * @param fromStep the first step that it will tell of; earlier files' records from there on are void
 */
export async function beginEventFile(folder: string, fromStep: number): Promise<EventFile> {
  const file = await open(join(folder, `events.out.tfevents.${await nextSecond(folder)}.${hostname()}.${process.pid}.${fromStep}`), "a");
  await file.appendFile(Buffer.concat([event(text(3, "brain.Event:2")), event(integer(2, fromStep), message(7, integer(1, SESSION_START)))]));
  return {
    write: async (step, scalars) => {
      const values = Object.entries(scalars).flatMap(([tag, value]) => (Number.isFinite(value) ? [message(1, Buffer.concat([text(1, tag), float(2, value)]))] : []));
      await file.appendFile(event(integer(2, step), message(5, Buffer.concat(values))));
    },
    sync: () => file.datasync(),
    close: () => file.close(),
  };
}
