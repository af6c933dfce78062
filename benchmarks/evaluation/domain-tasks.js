import { join } from "node:path";

/** @typedef {import("./domain-images.js").Domain} Domain */

/**
 * One command and what is kept of its result.
 *
 * @typedef {object} DomainTask
 * @property {{ kind: "pretraining" | "transfer" | "fewshot" | "finetune", seed: number, data?: string, start?: "pretrained" | "random" }} key
 * @property {string} [run] the run's folder that it needs
 * @property {string} [trains] the run's folder that it makes; one that a stopped sitting began there goes on
 * @property {readonly string[]} parameters of `ssl-vit`
 * @property {(json: Record<string, unknown>) => Record<string, unknown>} read
 */

/** Images: all that a domain's table is made from, and a small labelled set. */
const IMAGES = { train: 5000, test: 2000, labelled: 1000 };
/** Of fine-tuning: half of its recipe's, of two dozen trainings. */
const EPOCHS = 30;

/**
 * Everything to measure, in order.
 *
 * @param {{ sets: readonly Domain[], method: string, steps: number, seeds: readonly number[], out: string }} options
 * @returns {DomainTask[]}
 */
export function domainTasks({ sets, method, steps, seeds, out }) {
  return seeds.flatMap((seed) => {
    const run = join(out, "runs", `${method}-${seed}`);
    const seeded = ["--seed", String(seed), "--json"];
    /** @type {DomainTask[]} */
    const tasks = [
      {
        key: { kind: "pretraining", seed },
        parameters: ["pretrain", "--method", method, "--data", /** @type {Domain} */ (sets[0]).train, "--steps", String(steps), "--seed", String(seed), "--out", run],
        trains: run,
        read: () => ({}),
      },
      {
        key: { kind: "transfer", seed },
        run,
        parameters: ["eval", "transfer", "--checkpoint", run, "--to", ...sets.map(({ name, train, test }) => `${name}=${train},${test}`), "--train-images", String(IMAGES.train), "--test-images", String(IMAGES.test), ...seeded, "--no-plots"],
        read: ({ results }) => ({ results }),
      },
    ];
    for (const { name: data, train, test } of sets) {
      for (const start of /** @type {const} */ (["pretrained", "random"])) {
        const checkpoint = start === "pretrained" ? ["--checkpoint", run] : ["--checkpoint", "random", "--like", run];
        const images = ["--train", train, "--test", test, "--test-images", String(IMAGES.test)];
        tasks.push(
          { key: { kind: "fewshot", seed, data, start }, run, parameters: ["eval", "fewshot", ...checkpoint, ...images, "--train-images", String(IMAGES.train), ...seeded, "--no-plots"], read: (json) => json },
          { key: { kind: "finetune", seed, data, start }, run, parameters: ["eval", "finetune", ...checkpoint, ...images, "--train-images", String(IMAGES.labelled), "--epochs", String(EPOCHS), ...seeded, "--no-plots"], read: (json) => json },
        );
      }
    }
    return tasks;
  });
}
