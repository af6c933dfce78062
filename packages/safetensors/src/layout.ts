/** A file starts with the header's length, a little-endian u64. */
export const LENGTH_BYTES = 8;

/** The header's one key that names no tensor. */
export const METADATA = "__metadata__";
