import type { OptimizerRecipe } from "@ssl-vit/core";
import { completeRecipe } from "./complete-recipe.js";

/**
 * Refuses what is no recipe, before there are parameters to try it on.
 *
 * @throws ConfigError for an unknown option, naming the nearest one, and for a value that cannot work
 */
export function checkRecipe(recipe: object): asserts recipe is OptimizerRecipe {
  completeRecipe(recipe);
}
