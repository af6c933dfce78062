import { ConfigError, nearest } from "@ssl-vit/core";
import { engineDefinitions, type EngineName, engineNames, type Precision } from "./engine-definitions.js";
import { loadEngine } from "./load-engine.js";
import { threadCount } from "./thread-count.js";

/** Options of {@link prepareEngine}. */
export interface EngineOptions {
  /** Default `"auto"`: native, else wasm, else cpu. */
  readonly engine?: EngineName | "auto";
  /** Default `"float32"`. An engine without bfloat16 stays at float32 and says so. */
  readonly precision?: Precision;
}

/** What computes from now on, and why. */
export interface EngineReport {
  readonly name: EngineName;
  readonly reason: string;
  /** Engines that were preferred to this one, and why they were passed over. */
  readonly rejected: readonly { readonly name: EngineName; readonly reason: string }[];
  /** Threads that compute. */
  readonly threads: number;
  /** The precision in force, which need not be the one asked for. */
  readonly precision: Precision;
  /** The processor's instructions in use, of an engine that has kernels for several. Results differ between them in rounding. */
  readonly instructions?: string;
  /** What the user loses against what was asked for or is usual, and what to do. Show it. */
  readonly warning?: string;
}

const precisions: readonly Precision[] = ["float32", "bfloat16"];

function checkName(what: string, name: string, known: readonly string[]): void {
  if (known.includes(name)) return;
  const hint = nearest(name, known);
  throw new ConfigError({
    package: "engine",
    what,
    expected: `one of ${known.join(", ")}`,
    received: `"${name}"`,
    ...(hint === undefined ? {} : { fix: `Did you mean "${hint}"?` }),
  });
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

async function bringUp(name: EngineName, asked: Precision): Promise<{ reason: string; precision: Precision; instructions: string | undefined }> {
  const definition = engineDefinitions[name];
  const found = await loadEngine(name);
  await definition.start();
  const precision = (await definition.setPrecision?.(found, asked)) ?? "float32";
  const instructions = await definition.instructions?.(found);
  return { reason: `${definition.package} ${found.version}, ${definition.description}`, precision, instructions };
}

function warningOf(name: EngineName, rejected: EngineReport["rejected"], asked: Required<EngineOptions>, precision: Precision): string | undefined {
  const sentences: string[] = [];
  const native = rejected.find((other) => other.name === "native");
  if (asked.engine === "auto" && native !== undefined) {
    sentences.push(`Computing with ${name} on one thread, much slower than the native engine: ${native.reason}.`);
  }
  if (precision !== asked.precision) {
    const where = engineDefinitions[name].setPrecision === undefined ? "" : " that is faster than float32 on this processor";
    sentences.push(`The engine ${name} has no ${asked.precision}${where}; it computes in ${precision}.`);
  }
  return sentences.length === 0 ? undefined : sentences.join(" ");
}

/**
 * Chooses the tfjs backend and makes it current. TensorFlow's engines are taken only when asked for by name: they need libraries that
 * npm does not bring, and their packages are no longer maintained.
 *
 * @throws ConfigError for an unknown name, or for an engine asked for by name that cannot start, saying why and what to install
 */
export async function prepareEngine(options: EngineOptions = {}): Promise<EngineReport> {
  const asked = { engine: options.engine ?? "auto", precision: options.precision ?? "float32" } as const;
  checkName("engine", asked.engine, ["auto", ...engineNames]);
  checkName("precision", asked.precision, precisions);
  const available = threadCount();

  const rejected: { name: EngineName; reason: string }[] = [];
  for (const name of asked.engine === "auto" ? engineNames : [asked.engine]) {
    const definition = engineDefinitions[name];
    if (asked.engine === "auto" && !definition.automatic) {
      rejected.push({ name, reason: "used only when asked for by name" });
      continue;
    }
    try {
      const { reason, precision, instructions } = await bringUp(name, asked.precision);
      const warning = warningOf(name, rejected, asked, precision);
      return {
        name,
        reason: asked.engine === "auto" ? `first that starts: ${reason}` : `asked for: ${reason}`,
        rejected,
        threads: definition.multithreaded ? available : 1,
        precision,
        ...(instructions === undefined ? {} : { instructions }),
        ...(warning === undefined ? {} : { warning }),
      };
    } catch (error) {
      rejected.push({ name, reason: reasonOf(error) });
    }
  }
  throw new ConfigError({
    package: "engine",
    what: "engine",
    expected: asked.engine === "auto" ? "an engine that starts" : `${asked.engine} to start`,
    received: rejected.map(({ name, reason }) => (asked.engine === "auto" ? `${name}: ${reason}` : reason)).join("; "),
  });
}
