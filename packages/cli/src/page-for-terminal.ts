import pc from "picocolors";
import { wrappedLines } from "./wrapped-lines.js";

/** As wide as a page gets on a wide terminal. */
const WIDEST = 110;

type Colors = ReturnType<typeof pc.createColors>;

/** A link to another page names it as `--explain` takes it; any other shows where it leads. */
const withoutLinks = (text: string): string =>
  text.replace(/\[([^\]]+)\]\(([^)]+)\)/g, (_, words: string, target: string) => (target === `${words}.md` ? words : `${words} (${target.replace(/\.md$/, "")})`));

/** Code is told by its color, where there are none by its quotes. Marks may be lines apart: they are looked for when the lines are made. */
const styled = (text: string, colors: Colors): string =>
  text.replace(/`([^`]+)`|\*\*([^*]+)\*\*/g, (mark, code: string | undefined, bold: string | undefined) =>
    code === undefined ? colors.bold(bold) : colors.isColorSupported ? colors.cyan(code) : mark);

/** A paragraph or an entry of a list, which begins by `first`. */
function block(text: string, width: number, first = ""): string {
  const [line = "", ...others] = wrappedLines(text, width - first.length);
  return [first + line, ...others.map((other) => " ".repeat(first.length) + other)].join("\n");
}

function shown(part: string, width: number, colors: Colors): string {
  if (part.startsWith("# ")) return colors.bold(colors.underline(part.slice(2)));
  if (!part.startsWith("- ")) return styled(block(part, width), colors);
  const entries = part.slice(2).split(/\n- /);
  return entries.map((entry) => styled(block(entry, width, "- "), colors)).join("\n");
}

/**
 * A page of `@ssl-vit/diagnose` for a terminal: of Markdown what these pages use, which are headings, paragraphs, lists, links, bold words and code. Pictures are left out.
 *
 * @param columns of the terminal
 */
export function pageForTerminal(markdown: string, columns: number, colors: Colors = pc): string {
  const width = Math.min(columns, WIDEST);
  const parts = withoutLinks(markdown.replace(/^!\[.*\n/gm, "")).trim().split(/\n{2,}/);
  return parts.map((part) => shown(part, width, colors)).join("\n\n");
}
