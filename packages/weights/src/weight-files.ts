/** Bytes that are read range by range: a file, or what a server sends of one. */
export interface ByteSource {
  /** Where it is, as messages name it. */
  readonly location: string;
  readonly length: number;
  /**
   * The bytes from `begin` up to, not including, `end`; the caller's own.
   *
   * @throws ConfigError when the source ends before `end`
   */
  read(begin: number, end: number): Promise<Uint8Array<ArrayBuffer>>;
  /**
   * Reads the bytes from `begin` on to where they shall be, as many as have place there. Several reads may be under way at a time. Absent where bytes come in
   * memory of their own anyway.
   *
   * @throws ConfigError when the source ends before that
   */
  readInto?(begin: number, target: Uint8Array): Promise<void>;
  /** Ends it; nothing is read after that. */
  close(): Promise<void>;
}

/** A folder of weights, wherever it is. */
export interface WeightFiles {
  /** The folder's path or address, as messages name it. */
  readonly location: string;
  /** A small text file as a whole; undefined when there is none of that name. */
  readText(name: string): Promise<string | undefined>;
  /** Opens a file to be read range by range; undefined when there is none of that name. */
  open(name: string): Promise<ByteSource | undefined>;
  /** The names of the folder's files, sorted. Absent where a folder cannot be listed: behind an address. */
  list?(): Promise<string[]>;
}
