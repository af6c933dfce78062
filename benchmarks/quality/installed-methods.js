import { loadMethod } from "@ssl-vit/cli";
import { nearest } from "@ssl-vit/core";

/** Of every method, whoever wrote it. */
export const PRESET = "small";

/**
 * @typedef {import("@ssl-vit/core").MethodFactory} MethodFactory
 * @typedef {import("@ssl-vit/core").Preset<Record<string, unknown>>} Preset
 * @typedef {object} InstalledMethod
 * @property {string} name
 * @property {string} packageName
 * @property {Preset} preset
 * @property {Readonly<Record<string, unknown>>} defaults
 */

/**
 * Every method that `ssl-vit list methods` finds, or those of them that were asked for, with its small preset.
 *
 * @param {readonly string[] | undefined} wanted
 * @param {import("@ssl-vit/sitting/run-ssl-vit.js").RunSslVit} run @param {AbortSignal} signal @param {(text: string) => void} say
 * @returns {Promise<InstalledMethod[]>}
 */
export async function installedMethods(wanted, run, signal, say) {
  const listed = /** @type {{ name: string, package: string }[]} */ ((await run(["list", "methods", "--json"], signal)).json);
  const names = listed.map(({ name }) => name);
  for (const name of wanted ?? []) {
    if (names.includes(name)) continue;
    const hint = nearest(name, names);
    throw new Error(`[quality] --methods: expected some of ${names.join(", ")}, received "${name}". ${hint === undefined ? "Install the package that has it." : `Did you mean "${hint}"?`}`);
  }
  const methods = [];
  for (const { name, package: packageName } of listed.filter((method) => wanted === undefined || wanted.includes(method.name))) {
    const factory = await loadMethod(packageName).catch(() => undefined);
    const preset = factory?.presets[PRESET];
    if (factory !== undefined && preset !== undefined) methods.push({ name, packageName, preset, defaults: factory.defaults });
    else if (wanted === undefined) say(`${name} is left out: ${packageName} has no preset "${PRESET}".`);
    else throw new Error(`[quality] --methods: expected methods with a preset "${PRESET}", received "${name}", whose package ${packageName} has none.`);
  }
  return methods;
}
