import { allCode, type CodeBlock } from "../documents.js";

/** A command line that a document shows. */
export interface ShownCommand {
  readonly document: string;
  readonly line: number;
  /** As it stands there; of `a|b` one. */
  readonly text: string;
  /** In a sentence, where it may be a part of a command line. */
  readonly isMention: boolean;
  /** What runs it: `bench` is a suite of benchmarks, `script` one of package.json, `other` what is not ours. */
  readonly program: "ssl-vit" | "bench" | "script" | "npm" | "node" | "other";
  /** What stands behind the program. */
  readonly words: readonly string[];
  /** The package whose script it is; undefined for the repository's. */
  readonly filter?: string;
}

type Read = Pick<ShownCommand, "program" | "words" | "filter">;

const startsCommand = /^(\$ )?((time|[A-Z_]+=\S+) )*(ssl-vit|npx|pnpm|npm|node|mpirun|srun|bench|run bench|cd|pip|sudo|\S*\/ssl-vit)( |$)/;
/** Words that stand for others; N stands for a number. */
const isLeftOut = (word: string): boolean => word === "…" || word.startsWith("$");

/** A command line in words; quotes hold together. */
const wordsOf = (line: string): string[] => [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain!);

/** What a command line calls, behind `npx`, `pnpm` and the like. */
function readWords([first = "", ...rest]: readonly string[], filter?: string): Read {
  if (first === "time" || /^[A-Z_]+=/.test(first)) return readWords(rest, filter);
  if (first === "ssl-vit" || first === "@ssl-vit/cli" || first.endsWith("/ssl-vit")) {
    const words = rest.filter((word) => !isLeftOut(word)).map((word) => (word === "N" ? "2" : word));
    return words[0] === "bench" ? readWords(words) : { program: "ssl-vit", words };
  }
  if (first === "mpirun" || first === "srun") {
    const at = rest.findIndex((word) => /(^|\/)ssl-vit$/.test(word));
    return at === -1 ? { program: "other", words: [first, ...rest] } : readWords(rest.slice(at));
  }
  if (first === "npx") return readWords(rest.filter((word) => word !== "--yes"));
  if (first === "pnpm" || first === "pnpm@10") return readPnpm(rest);
  if (first === "run" && rest[0] === "bench") return readWords(rest);
  if (first === "bench") return rest[0] === "step" || rest[0] === "cost" ? { program: "ssl-vit", words: [first, ...rest] } : { program: "bench", words: rest };
  if (first === "npm" || first === "node") return { program: first, words: rest };
  return { program: "other", words: [first, ...rest] };
}

function readPnpm([first = "", ...rest]: readonly string[], filter?: string): Read {
  if (first === "--filter") return readPnpm(rest.slice(1), rest[0]);
  if (first === "exec") return readWords(rest);
  if (first === "run") return readPnpm(rest, filter);
  if (first === "bench" && filter === undefined) return { program: "bench", words: rest };
  return { program: "script", words: [first, ...rest], ...(filter === undefined ? {} : { filter }) };
}

/** `a|b` as one line for each. */
function alternatives(line: string): string[] {
  const word = wordsOf(line).find((candidate) => candidate.includes("|"));
  return word === undefined ? [line] : word.split("|").flatMap((choice) => alternatives(line.replace(word, choice)));
}

function commandsIn({ document, line, kind, code }: CodeBlock): ShownCommand[] {
  const isMention = kind === "inline";
  return code.split("\n").flatMap((shown, index) => {
    const text = shown.replaceAll("\\|", "|").replace(/\s#\s.*$/, "").trim();
    if (!startsCommand.test(text)) return [];
    // What is handed on by a pipe is ours, what takes it is not.
    const parts = text.replace(/^\$ /, "").replace(/ \| .*$/, "").split(" && ");
    return parts.flatMap(alternatives).map((part) => ({ document, line: line + index + (isMention || kind === "indented" ? 0 : 1), text: part, isMention, ...readWords(wordsOf(part)) }));
  });
}

/** Every command line of every document, in its order. */
export const shownCommands: readonly ShownCommand[] = allCode.filter(({ kind }) => ["inline", "indented", "sh", ""].includes(kind)).flatMap(commandsIn);
