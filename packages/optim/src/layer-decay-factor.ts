/**
 * How much slower the lower layers of a ViT learn.
 *
 * Introduced to ViTs by: Bao et al., "BEiT", https://arxiv.org/abs/2106.08254 (microsoft/unilm, beit/optim_factory.py). Follows that file,
 * facebookresearch/mae (util/lr_decay.py) and facebookresearch/dinov2 (dinov2/utils/param_groups.py), which agree.
 *
 * Deviations: timm's `param_groups_layer_decay` counts the final norm to the last block, layer `depth`; here as in the three above it is
 * in layer `depth + 1`. Register tokens are layer 0 as in timm; dinov2 forgets them in `depth + 1`.
 */
import { ConfigError } from "@ssl-vit/core";

const blockOf = (name: string): string | undefined => /^encoder\.blocks\.(\d+)\./.exec(name)?.[1];
const isInput = (name: string): boolean => /^encoder\.(patch_embed\.|(pos_embed|cls_token|reg_token|mask_token)$)/.test(name);

/**
 * The factor of each parameter's learning rate, layerDecay^(depth + 1 - layer).
 *
 * @param names of all parameters: the blocks among them tell the depth
 * @throws ConfigError when there are no blocks to tell layers by
 */
export function layerDecayFactor(names: readonly string[], layerDecay: number): (name: string) => number {
  if (layerDecay === 1) return () => 1;
  const blocks = names.flatMap((name) => blockOf(name) ?? []).map(Number);
  if (blocks.length === 0) {
    throw new ConfigError({ package: "optim", what: `layerDecay ${layerDecay}`, expected: 'parameters named "encoder.blocks.0.…"', received: "none", fix: "Leave layerDecay out." });
  }
  const top = Math.max(...blocks) + 2;
  return (name) => {
    const block = blockOf(name);
    const layer = block === undefined ? (isInput(name) ? 0 : top) : Number(block) + 1;
    return layerDecay ** (top - layer);
  };
}
