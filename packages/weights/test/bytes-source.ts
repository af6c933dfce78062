import type { ByteSource } from "../src/index.js";

/** A file in memory, of which is counted what was read. */
export function bytesSource(bytes: Uint8Array, location = "weights.pth"): ByteSource & { readonly bytesRead: () => number; readonly isClosed: () => boolean } {
  const state = { bytesRead: 0, isClosed: false };
  return {
    location,
    length: bytes.length,
    read(begin, end) {
      if (begin > end || begin < 0) throw new Error(`a read from ${begin} to ${end}`);
      if (end > bytes.length) throw new Error(`a read up to ${end} of ${bytes.length}`);
      state.bytesRead += end - begin;
      return Promise.resolve(Uint8Array.from(bytes.subarray(begin, end)));
    },
    close() {
      state.isClosed = true;
      return Promise.resolve();
    },
    bytesRead: () => state.bytesRead,
    isClosed: () => state.isClosed,
  };
}
