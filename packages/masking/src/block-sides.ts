/** Smallest area that is drawn for a block where nothing else is said, in patches: iBOT's rule, and BEiT's 16 of 14 × 14. */
export const smallestBlock = ([rows, columns]: readonly [rows: number, columns: number]): number => Math.max(1, Math.floor(Math.min(rows, columns) / 3) ** 2);

/** Range of a block's height ÷ width where nothing else is said. */
export const ASPECT_RATIO = [0.3, 1 / 0.3] as const;

/** Sides of a block of an area and a height ÷ width, in whole patches. */
export const blockSides = (area: number, aspect: number): readonly [height: number, width: number] => [Math.round(Math.sqrt(area * aspect)), Math.round(Math.sqrt(area / aspect))];
