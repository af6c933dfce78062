import type { FeatureSet } from "./feature-set.js";

/** Rows that may have names. */
export type NamedRows = Pick<FeatureSet, "indices"> & { readonly keys?: readonly string[] };

/** What a row's image is called: its key where the set has keys, else its number in the data set. */
export const rowName = ({ keys, indices }: NamedRows, row: number): string => keys?.[row] ?? String(indices[row]);
