/**
 * A float32 array as a .npy file, version 1.0 (NumPy Enhancement Proposal 1): magic, version, header length, a Python dict padded with
 * spaces to a multiple of 64 bytes, then the values.
 */
export function encodeNpy(values: Float32Array, shape: readonly number[]): Uint8Array {
  const dict = `{'descr': '<f4', 'fortran_order': False, 'shape': (${shape.join(", ")}${shape.length === 1 ? "," : ""}), }`;
  const preamble = 10;
  const length = Math.ceil((preamble + dict.length + 1) / 64) * 64 - preamble;
  const header = `${dict.padEnd(length - 1)}\n`;
  const bytes = new Uint8Array(preamble + length + values.byteLength);
  bytes.set([0x93, ...Array.from("NUMPY", (letter) => letter.charCodeAt(0)), 1, 0, length & 0xff, length >> 8]);
  bytes.set(new TextEncoder().encode(header), preamble);
  bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), preamble + length);
  return bytes;
}
