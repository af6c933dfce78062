// Writes the golden files anew, or compares them with what the scripts give here: `pnpm run reference`. README.md says what they are.
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Command } from "commander";
import { goldenFiles } from "./golden-files.js";
import { pythonEnvironment } from "./python-environment.js";

const program = new Command("reference")
  .description("Writes the golden files of the packages' tests anew, by PyTorch, torchvision, timm, lightly and Pillow.")
  .argument("[names...]", "some of them, by words of the script's name: dino optimizers (all)")
  .option("--check", "write nothing; exit with 1 when a file would change")
  .option("--venv <dir>", "a Python environment with requirements.txt (default: one is made in the cache folder, 6 GB)")
  .addHelpText("after", "\nExamples:\n  $ npx --yes pnpm@10 run reference --check\n  $ npx --yes pnpm@10 run reference dino")
  .parse();
const { check = false, venv } = /** @type {{ check?: boolean, venv?: string }} */ (program.opts());
const wanted = goldenFiles().filter(({ script }) => program.args.length === 0 || program.args.some((name) => script.includes(name)));
if (wanted.length === 0) program.error(`error: expected names of scripts, received ${program.args.join(", ")}. There are ${goldenFiles().map(({ script }) => script).join(", ")}.`);

const root = new URL("../../", import.meta.url);
const python = pythonEnvironment(venv, (text) => { process.stderr.write(`${text}\n`); });
const read = (/** @type {string | URL} */ path) => { try { return readFileSync(path); } catch { return undefined; } };
let changed = 0;
for (const { script, file } of wanted) {
  const target = fileURLToPath(new URL(file, root));
  const folder = mkdtempSync(join(tmpdir(), "ssl-vit-reference-"));
  const made = join(folder, "golden.json");
  const { status, stderr } = spawnSync(python, [fileURLToPath(new URL(script, import.meta.url)), made], { encoding: "utf8", stdio: ["ignore", 2, "pipe"] });
  if (status !== 0) {
    rmSync(folder, { recursive: true });
    process.stderr.write(stderr);
    throw new Error(`[reference] ${script}: expected exit 0, received ${status}. What Python said is above.`);
  }
  const same = read(target)?.equals(readFileSync(made)) === true;
  if (!same) changed++;
  if (!same && !check) {
    mkdirSync(dirname(target), { recursive: true });
    // Renamed into its place, so that an interruption leaves the file that was there.
    copyFileSync(made, `${target}.unfinished`);
    renameSync(`${target}.unfinished`, target);
  }
  rmSync(folder, { recursive: true });
  process.stdout.write(`${same ? "same   " : "changed"} ${file}\n`);
}
process.stdout.write(`${wanted.length} files, ${changed} changed${check && changed > 0 ? " (--check: not written)" : ""}\n`);
if (check && changed > 0) process.exitCode = 1;
