import type { ElementType } from "@ssl-vit/safetensors";

/** What is known of a tensor before its values are read. */
export interface TensorFacts {
  /** How the file holds the values. */
  readonly dtype: ElementType;
  /** [] is a scalar. */
  readonly shape: readonly number[];
}

/** The tensors of a file of weights, read one by one: nothing but names and shapes is in memory. */
export interface StateDict {
  /** Names of the tensors, in the file's order. */
  readonly names: readonly string[];
  /** @throws ConfigError for a name that is not there */
  info: (name: string) => TensorFacts;
  /**
   * The values as float32, whatever the file holds them in, in row-major order; the caller's own.
   *
   * @throws ConfigError for a name that is not there, and for a file that is cut off or damaged
   */
  read: (name: string) => Promise<Float32Array>;
  /**
   * Reads the values to where they shall be, without a copy between where the file holds them as float32. Several tensors may be read at a time. Absent where
   * `read` does as well: behind an address, in a file of torch.save.
   *
   * @param values as many as the tensor has
   * @throws ConfigError as `read` does
   */
  readInto?: (name: string, values: Float32Array) => Promise<void>;
  /** Closes the files. Nothing can be read after it. */
  close: () => Promise<void>;
}
