type Fields = Readonly<Record<string, unknown>>;

const isSeed = (name: string): boolean => /^seeds?$/i.test(name) || name.endsWith("Seed");

/** Where the digest of the data's content is known, it says what data it was; where the data lay does not count. */
const isKnownByDigest = (name: string, fields: Fields): boolean => (name === "train" || name === "test") && fields[`${name}Digest`] !== undefined;

function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical);
  return typeof value === "object" && value !== null ? canonicalProtocol(value) : value;
}

/**
 * What two protocols must have in common for their numbers to be compared, the fields in the order of their names. Seeds are left out, as intervals are
 * made over them, and paths of data whose digest is there.
 */
export function canonicalProtocol(protocol: object): Fields {
  const fields = protocol as Fields;
  const names = Object.keys(fields).filter((name) => fields[name] !== undefined && !isSeed(name) && !isKnownByDigest(name, fields)).sort();
  return Object.fromEntries(names.map((name) => [name, canonical(fields[name])]));
}
