// Compiles kernels/ into src/kernels-code.ts, which is committed: tests and types need no build. With --check: says whether it is what kernels/ compiles to.
import { Buffer } from "node:buffer";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import asc from "assemblyscript/asc";

const target = fileURLToPath(new URL("../src/kernels-code.ts", import.meta.url));

/** The text of src/kernels-code.ts. */
async function kernelsCode() {
  const files = new Map();
  const parameters = ["kernels/index.ts", "--baseDir", fileURLToPath(new URL("..", import.meta.url)), "--outFile", "kernels.wasm", "--runtime", "stub", "--enable", "simd", "--importMemory", "--noExportMemory", "--noAssert", "-O3"];
  const { error, stderr } = await asc.main(parameters, { writeFile: (name, contents) => void files.set(name, contents) });
  if (error) throw new Error(`[augment] kernels: ${error.message}\n${stderr.toString()}`);
  const lines = Buffer.from(files.get("kernels.wasm")).toString("base64").match(/.{1,150}/g) ?? [];
  return [
    "/** What `pnpm run build:kernels` makes of ../kernels: a module of WebAssembly, in base64. */",
    "export const kernelsCode = [",
    ...lines.map((line) => `  "${line}",`),
    '].join("");',
    "",
  ].join("\n");
}

const code = await kernelsCode();
if (process.argv.includes("--check")) {
  if (code !== readFileSync(target, "utf8")) {
    process.stderr.write("[augment] src/kernels-code.ts: expected what kernels/ compiles to, received something else. Run pnpm run build:kernels.\n");
    process.exitCode = 1;
  }
} else {
  writeFileSync(target, code);
}
