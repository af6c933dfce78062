import { readdirSync } from "node:fs";

/** Scripts of this folder, and the golden file that each writes, from the repository's root. */
const own = {
  "augmentation_draws.py": "packages/augment/test/golden/draws.json",
  "augmentations.py": "packages/augment/test/golden/augmentations.json",
  "corruptions.py": "packages/augment/test/golden/corruptions.json",
  "classifier.py": "packages/eval/test/golden/classifier.json",
  "evaluation.py": "packages/eval/test/golden/evaluation.json",
  "float_bits.py": "packages/safetensors/test/golden/float-bits.json",
  "heads.py": "packages/heads/test/golden/heads.json",
  "losses.py": "packages/losses/test/golden/losses.json",
  "masks.py": "packages/masking/test/golden/masks.json",
  "metrics.py": "packages/eval/test/golden/metrics.json",
  "mixup.py": "packages/augment/test/golden/mixup.json",
  "optimizers.py": "packages/optim/test/golden/optimizers.json",
  "pca.py": "packages/visualize/test/golden/pca.json",
  "sigreg.py": "packages/losses/test/golden/sigreg.json",
  "torch_files.py": "packages/weights/test/golden/torch-files.json",
  "torchvision_augmentations.py": "packages/augment/test/golden/torchvision.json",
  "tsne.py": "packages/visualize/test/golden/tsne.json",
  "vit_blocks.py": "packages/vit/test/golden/blocks.json",
  "whole_models.py": "packages/weights/test/golden/whole-models.json",
  "word_augmentations.py": "packages/augment/test/golden/word-augmentations.json",
};

/** Not a method: what their scripts share. */
const partOfMethods = "tiny_vit.py";

/**
 * Every script and its golden file. A method's script is `methods/NAME.py`, with underscores, and writes one training step.
 *
 * @returns {{ script: string, file: string }[]}
 */
export function goldenFiles() {
  const methods = readdirSync(new URL("methods", import.meta.url)).filter((name) => name.endsWith(".py") && name !== partOfMethods);
  return [
    ...Object.entries(own).map(([script, file]) => ({ script, file })),
    ...methods.sort().map((name) => ({ script: `methods/${name}`, file: `packages/${name.slice(0, -3).replaceAll("_", "-")}/test/golden/step.json` })),
  ];
}
