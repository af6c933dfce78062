import { InvalidArgumentError } from "commander";
import { z } from "zod";

const parser =
  (schema: z.ZodType<number>, expected: string) =>
  (text: string): number => {
    const result = schema.safeParse(text.trim() === "" ? Number.NaN : Number(text));
    if (!result.success) throw new InvalidArgumentError(`Expected ${expected}, received "${text}".`);
    return result.data;
  };

/** Parses a whole number of at least `minimum`. */
export const wholeNumber = (minimum: number): ((text: string) => number) => parser(z.number().int().min(minimum), `a whole number of at least ${minimum}`);

/** Parses a number above 0. */
export const positiveNumber: (text: string) => number = parser(z.number().positive(), "a number above 0");
