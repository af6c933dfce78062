import type { PickledStorage, PickleValue } from "./pickle-value.js";

/** A PyTorch file that is open: what was saved, with descriptions in place of tensors, and the bytes that they look into. */
export interface TorchArchive {
  readonly value: PickleValue;
  /**
   * Bytes of a storage, from `begin` up to, not including, `end`.
   *
   * @throws ConfigError where the file is cut off or damaged
   */
  readStorage(storage: PickledStorage, begin: number, end: number): Promise<Uint8Array>;
}
