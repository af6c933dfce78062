import { loadMethod } from "@ssl-vit/cli";
import { PRESET } from "./installed-methods.js";

/**
 * A method's factory and its small preset.
 *
 * @param {string} packageName as the command finds it
 */
export async function smallRecipe(packageName) {
  const factory = await loadMethod(packageName);
  const preset = factory.presets[PRESET];
  if (preset === undefined) throw new Error(`${packageName}: expected a method with a ${PRESET} preset`);
  return { factory, preset };
}
