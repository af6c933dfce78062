/** `87.30` of 0.873. */
export const percent = (share: number): string => (share * 100).toFixed(2);

/** `[86.10, 88.40]` */
export const percentInterval = ([low, high]: readonly [low: number, high: number]): string => `[${percent(low)}, ${percent(high)}]`;
