import { ConfigError, nearest } from "@ssl-vit/core";
import { parseSchedule } from "@ssl-vit/optim";
import { z } from "zod";

/** The schema of an option, from its default: a schedule takes a number or a plain schedule, `{ kind: "cosine", from: 0.99, to: 1 }`. */
function schemaOf(value: unknown): z.ZodType {
  if (typeof value === "function") {
    return z.union([z.number(), z.looseObject({ kind: z.string() })]).transform((given) => parseSchedule(given));
  }
  if (typeof value === "number") return z.number();
  if (typeof value === "boolean") return z.boolean();
  if (typeof value === "string") return z.string();
  if (Array.isArray(value)) return z.array(z.number()).length(value.length);
  return z.unknown();
}

/** The schema of a whole configuration, from its defaults. */
export const schemaFromDefaults = (defaults: Readonly<Record<string, unknown>>): z.ZodObject =>
  z.strictObject(Object.fromEntries(Object.entries(defaults).map(([name, value]) => [name, schemaOf(value)]))).partial();

const share = z.tuple([z.number(), z.number()]);

/** What --set views.* may say: operations to leave out, other statistics, local views beside the method's own. */
export const viewsSchema = z.strictObject({
  localViews: z.number().int().min(0).optional(),
  localSizeRatio: z.number().positive().max(1).optional(),
  localScale: share.optional(),
  globalScale: share.optional(),
  without: z.array(z.string()).optional(),
  mean: z.array(z.number()).optional(),
  std: z.array(z.number().positive()).optional(),
});

/**
 * Checks values against a schema.
 *
 * @throws ConfigError `[dino] Unknown option "prototype". Did you mean "prototypes"?`, or one that names the option and what it takes
 */
export function checkOptions<Schema extends z.ZodObject>(owner: string, schema: Schema, values: unknown): z.output<Schema> {
  const result = schema.safeParse(values);
  if (result.success) return result.data;
  const issue = result.error.issues[0]!;
  if (issue.code === "unrecognized_keys") {
    const known = Object.keys(schema.shape);
    const hint = nearest(issue.keys[0]!, known);
    throw new ConfigError(`[${owner}] Unknown option "${issue.keys[0]!}". ${hint === undefined ? `Options: ${known.join(", ")}.` : `Did you mean "${hint}"?`}`);
  }
  const received = issue.path.reduce<unknown>((value, key) => (value as Record<PropertyKey, unknown> | undefined)?.[key], values);
  throw new ConfigError(`[${owner}] ${issue.path.join(".")}: ${issue.message} (received ${received === undefined ? "nothing" : JSON.stringify(received)}).`);
}
