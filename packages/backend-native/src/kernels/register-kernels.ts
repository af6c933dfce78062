import { registerAttention } from "./attention.js";
import { registerBlocks } from "./blocks.js";
import { registerCast } from "./cast.js";
import { registerConvolution } from "./convolution.js";
import { registerElementwise } from "./elementwise.js";
import { registerFill } from "./fill.js";
import { registerGather } from "./gather.js";
import { registerJoin } from "./join.js";
import { registerLayerNorm } from "./layer-norm.js";
import { registerLinear } from "./linear.js";
import { registerMatMul } from "./mat-mul.js";
import { registerOptimizer } from "./optimizer.js";
import { registerPatchify } from "./patchify.js";
import { registerRanking } from "./ranking.js";
import { registerRearrange } from "./rearrange.js";
import { registerReduce } from "./reduce.js";
import { registerResidual } from "./residual.js";
import { registerResize } from "./resize.js";
import { registerSelect } from "./select.js";
import { registerSoftmax } from "./softmax.js";

/** Puts all kernels of this package into the registry of tfjs. */
export function registerKernels(): void {
  registerElementwise();
  registerReduce();
  registerMatMul();
  registerSoftmax();
  registerRearrange();
  registerJoin();
  registerFill();
  registerGather();
  registerCast();
  registerSelect();
  registerRanking();
  registerConvolution();
  registerResize();
  registerLinear();
  registerLayerNorm();
  registerAttention();
  registerBlocks();
  registerResidual();
  registerPatchify();
  registerOptimizer();
}
