import { canonicalProtocol } from "./canonical-protocol.js";

/**
 * Names of what differs between two protocols, in order. Two numbers may be compared when there is none, which is when `protocolKey` is the same:
 * seeds do not count, nor does the order of fields, nor where data lay whose digest is there.
 */
export function protocolDifferences(first: object, second: object): string[] {
  const [one, other] = [canonicalProtocol(first), canonicalProtocol(second)];
  const [given, against] = [first, second] as [Readonly<Record<string, unknown>>, Readonly<Record<string, unknown>>];
  const names = new Set([...Object.keys(one), ...Object.keys(other)]);
  const differs = (name: string): boolean => JSON.stringify(one[name]) !== JSON.stringify(other[name]);
  // Of the same path with a digest on one side alone, it is the digest that differs.
  const isSamePath = (name: string): boolean => typeof given[name] === "string" && given[name] === against[name];
  return [...names].filter((name) => differs(name) && !isSamePath(name)).sort();
}
