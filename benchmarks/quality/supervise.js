/**
 * The same ViT from the same start, trained with labels: what features could be worth after as many images. All training images have their label here; the evaluations of
 * the others' features have those of `trainImages` alone.
 *
 * @param {{ like: string, imagesSeen: number, dataset: number, seed: number }} what `like` is the run whose ViT, image size and normalisation it has
 * @param {import("./evaluate.js").Protocol} protocol
 * @param {import("@ssl-vit/sitting/run-ssl-vit.js").RunSslVit} run @param {AbortSignal} signal
 */
export async function supervise({ like, imagesSeen, dataset, seed }, { train, test, testImages }, run, signal) {
  const parameters = [
    ...["eval", "finetune", "--checkpoint", "random", "--like", like, "--train", train, "--test", test],
    ...["--epochs", String(imagesSeen / dataset), "--test-images", String(testImages), "--seed", String(seed), "--no-plots", "--json"],
  ];
  const { json, seconds, cpuSeconds, maxRssMb } = await run(parameters, signal);
  const { top1, protocol } = /** @type {{ top1: number, protocol: object }} */ (json);
  return { top1, protocol, seconds, cpu_seconds: cpuSeconds, images_per_second: imagesSeen / seconds, memory_mb: Math.round(maxRssMb) };
}
