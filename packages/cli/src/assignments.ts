import { ConfigError } from "@ssl-vit/core";
import { parse } from "yaml";

/** Options by section: `{ method: { prototypes: 4096 }, optimizer: { weightDecay: 0.05 } }`. */
export type Sections = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** The sections that --set and a configuration file may reach. */
export const sectionNames = ["method", "model", "optimizer", "views"] as const;

/** A value as YAML reads it: `4096`, `true`, `[0.2, 1]`, `{kind: cosine, from: 0.99, to: 1}`, `text`. */
const parseValue = (text: string): unknown => parse(text) as unknown;

/**
 * Reads `section.option=value` assignments.
 *
 * @throws ConfigError for one that has no section, no `=`, or a value that is not YAML
 */
export function parseAssignments(assignments: readonly string[]): Sections {
  const sections: Record<string, Record<string, unknown>> = {};
  for (const assignment of assignments) {
    const match = /^([a-z]+)\.([^=]+)=(.*)$/is.exec(assignment);
    const [section, option, text] = [match?.[1], match?.[2], match?.[3]];
    if (section === undefined || option === undefined || text === undefined || !sectionNames.some((name) => name === section)) {
      throw new ConfigError({
        package: "cli",
        what: "--set",
        expected: `section.option=value with section one of ${sectionNames.join(", ")}`,
        received: `"${assignment}"`,
        fix: "Example: --set method.prototypes=4096 optimizer.weightDecay=0.05",
      });
    }
    try {
      (sections[section] ??= {})[option] = parseValue(text);
    } catch (error) {
      throw new ConfigError({ package: "cli", what: `--set ${section}.${option}`, expected: "a YAML value", received: text }, { cause: error });
    }
  }
  return sections;
}
