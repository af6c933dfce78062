// Whether the examples of all documents have the types that they need: a part of `pnpm run typecheck`. That they run is held by test/examples.test.ts.
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { root } from "./documents.js";
import { examples, makeModulesFolder } from "./example-modules.js";

const { config } = ts.readConfigFile(join(root, "tsconfig.base.json"), ts.sys.readFile);
// An example may name what it does not use any further; and metrics, by whatever name, are read as `metrics.name`.
const { options, errors } = ts.convertCompilerOptionsFromJson({ ...config.compilerOptions, types: ["node"], noUnusedLocals: false, noPropertyAccessFromIndexSignature: false }, root);
if (errors.length > 0 || examples.length === 0) throw new Error(`[readme] examples: expected some, and compiler options that TypeScript knows, received ${examples.length} examples and ${errors.length} unknown options. Mend tsconfig.base.json, or example-modules.js.`);

const folder = makeModulesFolder();
try {
  const files = new Map(examples.map((example, index) => [join(folder, `${index}.ts`), example]));
  // Each is a module, also one that imports nothing.
  for (const [file, { code }] of files) writeFileSync(file, `${code}export {};\n`);
  const program = ts.createProgram([...files.keys()], options);
  const problems = ts.getPreEmitDiagnostics(program).map(({ file, start = 0, messageText }) => {
    const message = ts.flattenDiagnosticMessageText(messageText, "\n");
    if (file === undefined) return message;
    const line = file.getLineAndCharacterOfPosition(start).line + 1;
    const example = files.get(file.fileName);
    return example === undefined ? `${file.fileName}:${line}: ${message}` : `${example.document}:${example.line + line}: ${message}`;
  });
  for (const problem of problems) process.stderr.write(`${problem}\n`);
  process.stderr.write(`${files.size} examples of documents, ${problems.length} problems\n`);
  process.exitCode = problems.length === 0 ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true });
}
