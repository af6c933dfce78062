import { engineDefinitions, type EngineName } from "./engine-definitions.js";
import { findPackage, type FoundPackage } from "./find-package.js";

/**
 * Imports an engine's package and says where it is; the current tfjs backend stays what it was (tfjs-node alone makes itself current).
 *
 * @throws Error saying why not, and what to install
 */
export async function loadEngine(name: EngineName): Promise<FoundPackage> {
  const definition = engineDefinitions[name];
  const found = findPackage(definition.package);
  if (found === undefined) throw new Error(`${definition.package} is not installed (npm install ${definition.package})`);
  try {
    await definition.load(found);
  } catch (error) {
    // A library that does not load explains itself over many lines; the first one says what failed.
    const [first = ""] = (error instanceof Error ? error.message : String(error)).split("\n");
    throw new Error(`${definition.package} ${found.version} is installed but does not load: ${first.trim().replace(/\.$/, "")}`, { cause: error });
  }
  return found;
}
