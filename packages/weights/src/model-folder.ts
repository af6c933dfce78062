/** Where what is known of a model lies, of the location of its weights. */
export interface ModelFolder {
  /** Undefined for a file whose name says nothing of what lies beside it. */
  readonly folder: string | undefined;
  readonly isFile: boolean;
}

/** The folder itself, or of a file with the name that libraries (or a run) give to a model's weights the one it lies in. */
export function modelFolder(location: string): ModelFolder {
  const trimmed = location.replace(/[/\\]+$/, "");
  const [, parent = ".", name = ""] = /^(?:(.*)[/\\])?([^/\\]*)$/s.exec(trimmed) ?? [];
  const isFile = /\.(safetensors|bin|pth|pt|tar|ckpt|index\.json)$/i.test(name);
  if (!isFile) return { folder: trimmed, isFile };
  return { folder: /^(model|pytorch_model|average)\b/.test(name) ? parent : undefined, isFile };
}
