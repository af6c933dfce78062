/** `[@ssl-vit/safetensors] what: expected X, received Y. Fix.`: the one form of message that this package throws. */
export function formatError(what: string, expected: string, received: string, fix?: string, cause?: unknown): Error {
  const message = `[@ssl-vit/safetensors] ${what}: expected ${expected}, received ${received}.${fix === undefined ? "" : ` ${fix}`}`;
  return cause === undefined ? new Error(message) : new Error(message, { cause });
}

/** A value as it may stand in a message: JSON, cut where it is long. */
export function shown(value: unknown): string {
  const json = value === undefined ? "nothing" : JSON.stringify(value);
  return json.length > 80 ? `${json.slice(0, 80)}…` : json;
}
