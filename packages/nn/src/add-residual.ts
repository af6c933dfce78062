import { backendKernel, type Float, withGradient } from "@ssl-vit/core";
import { add, clone, mul, type Tensor, type Tensor1D } from "@tensorflow/tfjs-core";
import { scaleSamples } from "./drop-path.js";

/** What multiplies a residual branch on its way to the sum. */
export interface BranchScale {
  /** LayerScale's factors, [D]. */
  readonly gamma?: Tensor | undefined;
  /** Drop path's, one for each sample, [B]. */
  readonly factors?: Tensor1D | undefined;
}

/** x + branch · gamma · factors. The result is the caller's. */
export function addResidual(x: Float<"B N D">, branch: Float<"B N D">, { gamma, factors }: BranchScale = {}): Float<"B N D"> {
  const [kernel, gradient] = [backendKernel("ScaleAddResidual"), backendKernel("ScaleAddResidualGrad")];
  const scales = { ...(gamma === undefined ? {} : { scale: gamma }), ...(factors === undefined ? {} : { factor: factors }) };
  if (kernel === undefined || gradient === undefined || Object.keys(scales).length === 0) {
    const scaled = gamma === undefined ? branch : mul<Float<"B N D">>(branch, gamma);
    return addBranch(x, factors === undefined ? scaled : scaleSamples(scaled, factors));
  }
  return withGradient(
    [x, branch, ...(gamma === undefined ? [] : [gamma])],
    (save) => {
      save([branch, ...Object.values(scales)]);
      return kernel({ x, branch, ...scales })[0] as Float<"B N D">;
    },
    (dy, [savedBranch, ...savedScales]) => {
      const saved = Object.fromEntries(Object.keys(scales).map((name, index) => [name, savedScales[index]!]));
      return [clone(dy), ...gradient({ branch: savedBranch!, ...saved, dy })]; // dx, dBranch, dGamma
    },
  );
}

/** x + branch. tfjs's `add` keeps both for its gradient, which needs neither: two whole activations less for each residual connection. */
function addBranch(x: Float<"B N D">, branch: Float<"B N D">): Float<"B N D"> {
  return withGradient(
    [x, branch],
    () => add(x, branch),
    (dy) => [clone(dy), clone(dy)],
  );
}
