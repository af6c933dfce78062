// Somebody who publishes a method of their own, and somebody who trains with it.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { writePhotos } from "./photos.js";
import { runCommand } from "./run-command.js";
import { makeProject } from "./user-project.js";

const METHOD = "@stranger/twins";

/** A few steps on the photos of a folder. @param {string} method @returns {[string, ...string[]]} */
const trainingOf = (method) => ["npx", "ssl-vit", "pretrain", "--method", method, "--data", "photos", "--out", "run", "--steps", "4", "--batch-size", "16"];

/**
 * `npm create ssl-vit-method`, its tests, types and build, `npm publish`; then, in another folder, an install and a training.
 *
 * @param {{ registry: import("./local-registry.js").LocalRegistry, folder: string, signal: AbortSignal }} options
 */
export async function strangersMethod({ registry, folder, signal }) {
  const environment = registry.environmentOf({ cache: join(folder, "stranger-cache") });
  const [author, user] = ["author", "user"].map((who) => join(folder, who));
  mkdirSync(author, { recursive: true });

  const inAuthors = { cwd: author, environment, signal };
  const created = await runCommand("npm create ssl-vit-method", ["npm", "create", "--yes", "ssl-vit-method@latest", METHOD, "--", "--paper", "https://arxiv.org/abs/2105.04906"], inAuthors);
  const inPackage = { ...inAuthors, cwd: join(author, "twins") };
  const install = await runCommand("npm install of a new method", ["npm", "install"], inPackage);
  await writePhotos(join(inPackage.cwd, "photos"), 64);
  const built = await runCommand("npm run build of a new method", ["npm", "run", "build"], inPackage);
  const own = await runCommand("a training of the author's folder", trainingOf("."), inPackage);
  // Its prepublishOnly runs types, tests and a build of its own first.
  const published = await runCommand("npm publish of a new method", ["npm", "publish", "--access", "public"], inPackage);

  makeProject(user);
  await writePhotos(join(user, "photos"), 64);
  const inUsers = { ...inAuthors, cwd: user };
  const installed = await runCommand("npm install of the command and a stranger's method", ["npm", "install", "@ssl-vit/cli", METHOD], inUsers);
  const listed = await runCommand("ssl-vit list methods", ["npx", "ssl-vit", "list", "methods"], inUsers);
  if (!listed.output.includes(METHOD)) throw new Error(`[install] ssl-vit list methods: expected ${METHOD} among them, received\n${listed.output}`);
  const trained = await runCommand("a training with a stranger's method", trainingOf(METHOD), inUsers);
  const sum = (/** @type {import("./run-command.js").Ran[]} */ ...ran) => ran.reduce((total, { seconds }) => total + seconds, 0);
  return { authorSeconds: sum(created, install, built, own, published), userSeconds: sum(installed, listed, trained) };
}
