/** Deflate makes no byte into more than this many. */
export const LARGEST_DEFLATE_RATIO = 1032;
