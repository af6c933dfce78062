/** The line behind what is written by machine. */
const END = "<!-- until here -->";

/**
 * A document with the part that a command writes anew, between the line that names the command and {@link END}.
 *
 * @param {string} page
 * @param {{ benchmark: string, document: string, command: string, what: string, part: string }} options `benchmark`, `document` and `what` belongs there, for the message; `part` ends with a line
 * @returns {string}
 * @throws Error for a document without these lines
 */
export function withWrittenPart(page, { benchmark, document, command, what, part }) {
  const begin = `<!-- written by \`${command}\` -->`;
  const [from, to] = [page.indexOf(begin), page.indexOf(END)];
  if (from === -1 || to < from) throw new Error(`[${benchmark}] ${document}: expected the lines ${begin} and ${END}, received none. Put them where the ${what} belongs.`);
  return `${page.slice(0, from)}${begin}\n${part}${page.slice(to)}`;
}
