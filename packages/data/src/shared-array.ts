import { totalmem } from "node:os";
import { ConfigError } from "@ssl-vit/core";

/**
 * Memory that worker threads see as well, filled with zeros.
 *
 * @param what the file that is to be read into it
 * @throws ConfigError when this machine, or the container, does not have as much
 */
export function sharedMemory(length: number, what: string): SharedArrayBuffer {
  const limit = Math.min(totalmem(), process.constrainedMemory() || Infinity);
  if (length <= limit) return new SharedArrayBuffer(length);
  throw new ConfigError({
    package: "data",
    what,
    expected: `images that fit in ${Math.round(limit / 1e6)} MB of memory`,
    received: `${Math.round(length / 1e6)} MB`,
    fix: "Write them as tar shards or as a folder of images, which are read piece by piece.",
  });
}

/** Copies numbers into memory that worker threads see as well, so that an index of a million images exists once. */
export function sharedInt32(values: ArrayLike<number>): Int32Array {
  const shared = new Int32Array(new SharedArrayBuffer(values.length * Int32Array.BYTES_PER_ELEMENT));
  shared.set(values);
  return shared;
}

/** Labels of images that have no class, or none yet: -1. */
export const noLabels = (count: number): Int32Array => new Int32Array(new SharedArrayBuffer(count * Int32Array.BYTES_PER_ELEMENT)).fill(-1);

/** As {@link sharedInt32}, for offsets in large files. */
export function sharedFloat64(values: ArrayLike<number>): Float64Array {
  const shared = new Float64Array(new SharedArrayBuffer(values.length * Float64Array.BYTES_PER_ELEMENT));
  shared.set(values);
  return shared;
}

/** As {@link sharedInt32}, for bytes. */
export function sharedBytes(values: Uint8Array): Uint8Array {
  const shared = new Uint8Array(new SharedArrayBuffer(values.length));
  shared.set(values);
  return shared;
}
