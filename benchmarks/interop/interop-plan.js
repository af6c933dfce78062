import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { prepareEngine } from "@ssl-vit/engine";
import { installedVersions, pythonEnvironment, requirements } from "@ssl-vit/reference/python-environment.js";
import { runForJson } from "@ssl-vit/sitting/run-for-json.js";
import { say } from "@ssl-vit/sitting/run-until-stopped.js";
import { vit } from "@ssl-vit/vit";
import { loadEncoder } from "@ssl-vit/weights";
import { encoderKinds, MASKED } from "./encoder-kinds.js";
import { expectedRefusals, formOf } from "./expected-refusals.js";
import { exportDecoded } from "./export-decoded.js";
import { exportEncoder, shake } from "./export-encoder.js";
import { interopProblem, interopTable } from "./interop-table.js";
import { trainEncoders } from "./trained-encoders.js";
import { TRANSFORMERS_JS, transformersJs } from "./transformers-js.js";

const here = (/** @type {string} */ name) => fileURLToPath(new URL(name, import.meta.url));

const allKinds = [...Object.keys(encoderKinds), MASKED];
const allLibraries = Object.keys(formOf);
/** Libraries that need no Python. */
const ofNode = ["onnxruntime-web", "transformers.js"];

/**
 * @param {{ kinds: readonly string[] | undefined, methods: readonly string[] | undefined, steps: number, libraries: readonly string[] | undefined }} options
 * @param {string | undefined} venv
 * @returns {import("@ssl-vit/sitting/run-sitting.js").Plan}
 */
export function interopPlan({ kinds = allKinds, methods, steps, libraries = allLibraries }, venv) {
  const unknown = [...kinds.filter((kind) => !allKinds.includes(kind)), ...libraries.filter((library) => !allLibraries.includes(library))];
  if (unknown.length > 0) throw new Error(`[interop] expected kinds of ${allKinds.join("; ")}, and libraries of ${allLibraries.join(", ")}, received ${unknown.join(", ")}.`);
  const folder = mkdtempSync(join(tmpdir(), "ssl-vit-interop-"));
  /** @type {Map<string, Record<string, string>>} */
  const refusals = new Map();

  /** @param {string} name @param {import("@ssl-vit/core").Encoder} encoder */
  async function exported(name, encoder) {
    refusals.set(name, await exportEncoder(encoder, join(folder, "exports", name)));
    for (const variable of Object.values({ ...encoder.parameters, ...encoder.buffers })) variable.dispose();
  }

  let python = "";

  /** The command that loads exports in a library. @param {string} library */
  const loaderOf = (library) => {
    if (library === "transformers.js") return [process.execPath, here("load-in-transformers-js.js"), transformersJs(say)];
    if (library === "onnxruntime-web") return [process.execPath, here("load-in-onnxruntime-web.js")];
    return [python, here("peer_load.py"), library];
  };

  /** @param {string} library @param {AbortSignal} signal */
  async function measure(library, signal) {
    const form = formOf[/** @type {keyof typeof formOf} */ (library)];
    const refused = Object.fromEntries([...refusals].flatMap(([name, reasons]) => (form in reasons ? [[name, reasons[form]]] : [])));
    const folders = [...refusals.keys()].filter((name) => !(name in refused)).map((name) => join(folder, "exports", name));
    const [program, ...parameters] = loaderOf(library);
    return { refused, ...(await runForJson(program, [...parameters, ...folders], { benchmark: "interop", signal })) };
  }

  return {
    name: "interop",
    options: { kinds, methods: methods ?? "all", steps, requirements: requirements(), transformersJs: TRANSFORMERS_JS },
    async prepare(signal, notePython) {
      const absent = allLibraries.filter((library) => !libraries.includes(library));
      if (absent.length > 0) say(`left out by --libraries: ${absent.join(", ")}`);
      if (libraries.some((library) => !ofNode.includes(library))) {
        python = pythonEnvironment(venv, say);
        notePython(installedVersions(python));
      }
      await prepareEngine({});
      for (const kind of kinds.filter((name) => name !== MASKED)) {
        const encoder = vit(encoderKinds[kind])("student");
        shake(encoder);
        await exported(kind, encoder);
      }
      if (kinds.includes(MASKED)) {
        await exportDecoded(join(folder, "exports", MASKED));
        refusals.set(MASKED, Object.fromEntries(expectedRefusals[MASKED].map((form) => [form, "it has no place for a decoder"])));
      }
      const runs = methods?.length === 0 ? {} : await trainEncoders(methods, { steps, folder: join(folder, "runs"), signal });
      for (const [method, run] of Object.entries(runs)) await exported(method, await loadEncoder(run));
      return libraries.map((library) => ({ key: { library }, measure: (/** @type {AbortSignal} */ stop) => measure(library, stop) }));
    },
    table: interopTable,
    problem: (measurements) => interopProblem(measurements, { encoders: [...refusals.keys()], libraries }),
    line: ({ library, version, results }) => `${library} ${version}: ${Object.keys(results).length} encoders`,
    close: () => { rmSync(folder, { recursive: true }); },
  };
}
