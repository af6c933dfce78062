/** A number in two digits that count, for a place without room: 0.0123 → "0.012". */
export const briefNumber = (value: number): string => String(Number(value.toPrecision(2))).replace("-", "−");
