import { type Float, withGradient } from "@ssl-vit/core";
import { add, clone } from "@tensorflow/tfjs-core";

/** x + branch. tfjs's `add` keeps both for its gradient, which needs neither: two whole activations less for each residual connection. */
export function addResidual(x: Float<"B N D">, branch: Float<"B N D">): Float<"B N D"> {
  return withGradient(
    [x, branch],
    () => add(x, branch),
    (dy) => [clone(dy), clone(dy)],
  );
}
