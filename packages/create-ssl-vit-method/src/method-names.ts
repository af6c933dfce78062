import { UsageError } from "./problem.js";
import { templateText } from "./template-files.js";

/** One name as every place writes it. */
export interface MethodNames {
  /** npm's: `@ssl-vit/my-method`, `@someone/my-method`, `my-method`. */
  readonly packageName: string;
  /** The method's, and its folder's: `my-method`. */
  readonly method: string;
  /** The factory's: `myMethod`. */
  readonly camel: string;
  /** That types begin with: `MyMethod`. */
  readonly pascal: string;
  /** The Python script's: `my_method`. */
  readonly snake: string;
}

/** The name that the template has. */
export const templateNames: MethodNames = { packageName: "@ssl-vit/my-method", method: "my-method", camel: "myMethod", pascal: "MyMethod", snake: "my_method" };

const kebab = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
const scoped = /^(@[a-z0-9][a-z0-9._-]*)\/(.+)$/;
/** JavaScript's own words that are no word of the template. */
const reserved = ["arguments", "break", "case", "catch", "class", "continue", "debugger", "delete", "do", "else", "enum", "eval", "extends", "false", "finally", "function", "if", "implements", "in", "instanceof", "interface", "package", "private", "protected", "public", "static", "super", "switch", "this", "throw", "true", "try", "var", "void", "while", "with", "yield"];
/** What npm allows. */
const LONGEST = 214;

const capital = (word: string): string => word.slice(0, 1).toUpperCase() + word.slice(1);

/** All spellings of a name, of this scope or of none. */
export function spellings(method: string, scope?: string): MethodNames {
  const words = method.split("-");
  const pascal = words.map(capital).join("");
  return { packageName: scope === undefined ? method : `${scope}/${method}`, method, camel: pascal.slice(0, 1).toLowerCase() + pascal.slice(1), pascal, snake: words.join("_") };
}

/**
 * All spellings of a new method's name.
 *
 * @param name as it was given: `my-method`, outside the repository also `@someone/my-method`
 * @param scope of the repository's packages; undefined outside, where a name may have its own
 * @throws UsageError for what is no name of a package, or would collide with a word of the template's code
 */
export function methodNames(name: string, scope?: string): MethodNames {
  const [, givenScope, method] = scoped.exec(name) ?? [undefined, undefined, name];
  const refuse = (expected: string, fix: string): UsageError => new UsageError({ what: "name", expected, received: JSON.stringify(name), fix });
  if (scope !== undefined && givenScope !== undefined) throw refuse("a name without a scope", `Packages of this repository are ${scope}/NAME.`);
  if (!kebab.test(method) || name.length > LONGEST) {
    throw refuse(`lower-case words joined by hyphens${scope === undefined ? ", with or without a scope" : ""}`, "For example: my-method.");
  }
  const names = spellings(method, scope ?? givenScope);
  const { camel, pascal } = names;
  const isTaken = reserved.includes(camel) || (camel !== templateNames.camel && new RegExp(`\\b(${camel}|${pascal})\\b`).test(templateText()));
  if (isTaken) throw refuse("a name that is no word of the code", `The generated code has a "${camel}" of its own. Add a word: ${method}-method.`);
  return names;
}
