import { join } from "node:path";
import { begunOrNew } from "@ssl-vit/sitting/begun-or-new.js";
import { evaluate } from "./evaluate.js";

/**
 * The same ViT from the same start, trained with labels: what features could be worth after as many images. All training images have their label here. It is judged as the
 * others are, by k-NN and a linear classifier on its features, from the labels of `trainImages` alone; `top1` is what its own classifier answers. No layer learns slower than
 * another, as they do when a pretrained ViT is fine-tuned.
 *
 * @param {{ like: string, imagesSeen: number, dataset: number, seed: number, layers: readonly ("cls" | "mean")[], precision: string, out: string, isResumed: boolean, commit: string }} what `like` is the run whose ViT, image size and normalisation it has
 * @param {import("./evaluate.js").Protocol} protocol
 * @param {import("@ssl-vit/sitting/run-ssl-vit.js").RunSslVit} run @param {AbortSignal} signal
 * @param {import("@ssl-vit/sitting/kept-part.js").KeepPart<any>} keepPart
 */
export async function supervise({ like, imagesSeen, dataset, seed, layers, precision, out, isResumed, commit }, protocol, run, signal, keepPart) {
  const { train, test, testImages } = protocol;
  const parameters = [
    ...["eval", "finetune", "--checkpoint", "random", "--like", like, "--train", train, "--test", test],
    ...["--epochs", String(imagesSeen / dataset), "--test-images", String(testImages), "--seed", String(seed), "--precision", precision],
    ...["--layer-decay", "1", "--drop-path", "0", "--run-folder", out, "--no-plots", "--json"],
  ];
  const folder = join(out, `seed-${seed}`);
  const trained = await keepPart("trained", async () => {
    const { json, maxRssMb } = await begunOrNew(parameters, { folder, isResumed, commit }, run, signal);
    const { top1, protocol: said } = /** @type {{ top1: number, protocol: object }} */ (json);
    return { top1, protocol: said, memory_mb: Math.round(maxRssMb) };
  });
  return { ...trained, ...(await evaluate({ checkpoint: folder, layers, seed }, protocol, run, signal, keepPart)) };
}
