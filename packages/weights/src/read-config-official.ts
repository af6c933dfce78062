import type { FoundEncoder } from "./find-encoder.js";
import { timmKeys } from "./key-map-timm.js";
import type { ModelClaims } from "./model-claims.js";

/**
 * What is known of a file of weights without a configuration: the authors' own, of DINO, DINOv2, iBOT, MAE, MoCo v3, MSN and I-JEPA, which all name their
 * tensors as timm does and leave sizes to the code. Told apart by what else is in the file.
 */
export function officialClaims(names: readonly string[], { prefix }: FoundEncoder, file: string): ModelClaims {
  const isMocoV3 = /base_encoder|momentum_encoder/.test(prefix);
  const isMae = names.includes(`${prefix}decoder_pos_embed`);
  const isIjepa = !names.includes(`${prefix}cls_token`);
  return {
    file,
    families: [timmKeys],
    // vit_small and vit_base of facebookresearch/moco-v3 both have 12.
    ...(isMocoV3 ? { numHeads: { key: "heads", value: 12 } } : {}),
    fixedPositions: isMocoV3 || isMae || isIjepa,
  };
}
