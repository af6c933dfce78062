/** An object's other fields. */
export const withoutFields = (fields: object, ...names: readonly string[]): Record<string, unknown> => Object.fromEntries(Object.entries(fields).filter(([name]) => !names.includes(name)));
