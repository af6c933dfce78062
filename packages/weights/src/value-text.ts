/** Any value as it may stand in a message: NaN and infinities as they are, which JSON has no words for. */
export function valueText(value: unknown): string {
  if (value === undefined) return "nothing";
  if (Array.isArray(value)) return `[${value.map(valueText).join(", ")}]`;
  if (typeof value === "number" || typeof value === "bigint") return String(value);
  const text = typeof value === "function" || typeof value === "symbol" ? `a ${typeof value}` : JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
