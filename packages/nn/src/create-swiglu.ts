import { type Float, prefixParameters, type Random, withGradient } from "@ssl-vit/core";
import { add, concat, mul, sigmoid, slice, sub, type Tensor, tidy } from "@tensorflow/tfjs-core";
import { createLinear } from "./create-linear.js";
import type { MlpOptions } from "./create-mlp.js";
import type { Layer } from "./layer.js";

/**
 * A block's perceptron with a gate, fc2(silu(a)·b) for [a, b] = fc1(x) (Shazeer, arXiv 2002.05202; DINOv2's SwiGLUFFN, timm's `SwiGLUPacked`, whose
 * names it has): parameters `fc1.weight` [2·hidden, dim], `fc1.bias`, `fc2.weight` [dim, hidden], `fc2.bias`.
 */
export function createSwiGlu(random: Random, { dim, hiddenDim, ...start }: MlpOptions): Layer {
  const fc1 = createLinear(random.derive("fc1"), { inputDim: dim, outputDim: 2 * hiddenDim, ...start });
  const fc2 = createLinear(random.derive("fc2"), { inputDim: hiddenDim, outputDim: dim, ...start });
  return {
    parameters: prefixParameters({ fc1: fc1.parameters, fc2: fc2.parameters }),
    apply: (input) => tidy(() => fc2.apply(gated(fc1.apply(input)))),
  };
}

/** silu(a)·b for [a, b], the halves of the last axis. With σ = sigmoid(a), silu(a) = a·σ and its derivative is σ·(1 + a·(1 - σ)). */
function gated<T extends Float<"B D"> | Float<"B N D">>(both: T): T {
  const half = both.shape.at(-1)! / 2;
  const halfOf = (x: Tensor, start: number): Tensor => slice(x, [...x.shape.slice(0, -1).map(() => 0), start], [...x.shape.slice(0, -1), half]);
  return withGradient(
    [both],
    (save) => {
      save([both]);
      const gate = halfOf(both, 0);
      return mul<T>(mul(gate, sigmoid(gate)), halfOf(both, half));
    },
    (dy, [saved]) => {
      const [gate, value] = [halfOf(saved!, 0), halfOf(saved!, half)];
      const openness = sigmoid(gate);
      const derivative = mul(openness, add(mul(gate, sub(1, openness)), 1));
      return [concat([mul(mul(dy, value), derivative), mul(dy, mul(gate, openness))], -1)];
    },
  );
}
