import { createHash } from "node:crypto";
import type { Encoder } from "@ssl-vit/core";

/** The start of a sha256 of an encoder's weights: tells one from another, wherever they lie. */
export function encoderFingerprint({ parameters, buffers }: Encoder): string {
  const hash = createHash("sha256");
  for (const [name, variable] of Object.entries({ ...parameters, ...buffers })) {
    const { buffer, byteOffset, byteLength } = variable.dataSync();
    hash.update(`${name}\t${variable.shape.join()}\n`).update(new Uint8Array(buffer, byteOffset, byteLength));
  }
  return hash.digest("hex").slice(0, 16);
}
