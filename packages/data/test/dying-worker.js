// The loader's worker in a thread that dies when it opens a file whose name says how: `exit-…`, `throw-…`, `memory-…`; with `once` in it only the first time.
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { setImmediate } from "node:timers";

const { openSync } = fs;

/** @type {Record<string, () => void>} */
const deaths = {
  exit: () => process.exit(7),
  throw: () => {
    setImmediate(() => {
      throw new Error("thrown outside of any task");
    });
  },
  memory: () => {
    const kept = [];
    for (;;) kept.push(Array.from({ length: 1000 }, () => ({})));
  },
};

fs.openSync = (path, ...rest) => {
  const [, way, once] = /\/(exit|throw|memory)(-once)?-[^/]*$/.exec(String(path)) ?? [];
  if (way !== undefined && !(once !== undefined && fs.existsSync(`${path}.died`))) {
    fs.writeFileSync(`${path}.died`, "");
    deaths[way]();
  }
  return openSync(path, ...rest);
};
syncBuiltinESMExports();

export { default } from "../dist/worker.js";
