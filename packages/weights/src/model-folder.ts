import { assertLocation } from "./assert-location.js";

/** Where what is known of a model lies, of the location of its weights. */
export interface ModelFolder {
  /** Undefined for a file whose name says nothing of what lies beside it. */
  readonly folder: string | undefined;
  readonly isFile: boolean;
}

/**
 * The folder itself, or of a file with the name that libraries (or a run) give to a model's weights the one it lies in.
 *
 * @throws ConfigError for a location that is empty or no text
 */
export function modelFolder(location: string): ModelFolder {
  assertLocation(location);
  // Of "/" nothing would be left, and that is the folder the program runs in.
  const trimmed = location.replace(/(?<=.)[/\\]+$/s, "");
  const [, above = ".", name = ""] = /^(?:(.*)[/\\])?([^/\\]*)$/s.exec(trimmed) ?? [];
  const parent = above === "" ? "/" : above;
  const isFile = /\.(safetensors|bin|pth|pt|tar|ckpt|index\.json)$/i.test(name);
  if (!isFile) return { folder: trimmed, isFile };
  return { folder: /^(model|pytorch_model|average)\b/.test(name) ? parent : undefined, isFile };
}
