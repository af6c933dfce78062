import { problemMessage } from "@ssl-vit/core";

const causes: Readonly<Record<string, { readonly received: string; readonly fix: string }>> = {
  ENOSPC: { received: "a full disk", fix: "Make room" },
  EDQUOT: { received: "a used-up disk quota", fix: "Make room" },
  EROFS: { received: "a read-only file system", fix: "Make it writable" },
  EACCES: { received: "no permission to write", fix: "Grant it" },
  EPERM: { received: "no permission to write", fix: "Grant it" },
  EIO: { received: "a disk that fails", fix: "Copy the run to another disk" },
  EMFILE: { received: "too many open files", fix: "Raise the limit (ulimit -n)" },
};

/** What a failed write means to a person. Errors that are not the file system's stay as they are. */
export function explainWriteError(error: unknown, what: string, expected: string): Error {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === undefined) return error as Error;
  const { received, fix } = causes[code] ?? { received: message, fix: "Mend it" };
  const saved = `${fix}, then go on with --resume (resume: true): what was saved before is whole.`;
  return new Error(problemMessage({ package: "trainer", what, expected, received, fix: saved }), { cause: error });
}
