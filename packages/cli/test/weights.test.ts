import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createRandom, disposeMethod, type Encoder } from "@ssl-vit/core";
import type { MaeMethod } from "@ssl-vit/mae";
import { maskFromNoise } from "@ssl-vit/masking";
import { decodeSafetensors } from "@ssl-vit/safetensors";
import { sharedPath } from "@ssl-vit/testing";
import { vit, type VitOptions } from "@ssl-vit/vit";
import { loadEncoder, loadMaskedAutoencoder, readPreprocessing, saveEncoder } from "@ssl-vit/weights";
import { dispose, memory, randomUniform, type Rank } from "@tensorflow/tfjs-core";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openInitialWeights } from "../src/initial-weights.js";
import { run } from "../src/index.js";
import { loadCheckpoint } from "../src/load-checkpoint.js";
import { loadDecoded } from "../src/load-decoded.js";
import { loadRunMethod } from "../src/load-run.js";
import { captureOutput } from "./capture-output.js";

const folder = mkdtempSync(join(tmpdir(), "ssl-vit-weights-"));
const at = (name: string): string => join(folder, name);
const engine = ["--engine", "cpu"];
const model: VitOptions = { embedDim: 16, depth: 2, numHeads: 2, imageSize: 16, patchSize: 4, seed: 5 };
/** Those of the models that transformers has from the original Vision Transformer. */
const halves = { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] };

const variablesOf = ({ parameters, buffers }: Encoder) => Object.entries({ ...parameters, ...buffers });
const valuesOf = (encoder: Encoder): Readonly<Record<string, Float32Array>> => Object.fromEntries(variablesOf(encoder).map(([name, variable]) => [name, variable.dataSync<"float32">().slice()]));
const release = (encoder: Encoder): void => { dispose(variablesOf(encoder).map(([, variable]) => variable)); };

beforeAll(async () => {
  for (const [label, name] of ["dots", "lines"].entries()) {
    mkdirSync(at(`images/${name}`), { recursive: true });
    for (let picture = 0; picture < 6; picture++) {
      const values = createRandom(picture).derive(name).uniforms(20 * 16 * 3);
      const data = Buffer.from(Uint8Array.from(values, (value, place) => 40 + 160 * value * ((label === 0 ? place : Math.floor(place / 48)) % 2)));
      await sharp(data, { raw: { width: 20, height: 16, channels: 3 } }).png().toFile(at(`images/${name}/${picture}.png`));
    }
  }
  const encoder = vit(model)("teacher");
  await saveEncoder(encoder, at("published"), { format: "hf", preprocessing: halves });
  await saveEncoder(encoder, at("published-timm"), { format: "timm", preprocessing: halves });
  release(encoder);
  expect(await pretrain("run", "--set", "model.embedDim=16", "model.depth=2", "model.numHeads=2")).toBe(0);
});
afterAll(() => { rmSync(folder, { recursive: true }); });

const captured = captureOutput();

const pretrain = (out: string, ...more: readonly string[]): Promise<number> =>
  run(["pretrain", "--method", "simclr", "--data", at("images"), "--out", at(out), "--steps", "2", "--batch-size", "4", "--workers", "0", "--no-diagnose", "--no-tensorboard", ...(more.includes("--init-from") ? [] : ["--image-size", "16"]), ...engine, ...more]);

async function embedded(checkpoint: string, name: string, ...more: readonly string[]): Promise<Uint8Array> {
  expect(await run(["embed", "--checkpoint", at(checkpoint), "--data", at("images"), "--out", at(name), "--workers", "0", ...engine, ...more]), captured.both).toBe(0);
  const { data } = decodeSafetensors(readFileSync(at(name))).tensors["embeddings"]!;
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

describe("export", () => {
  it.each(["hf", "timm", "safetensors"])("%s: the folder embeds images as the run does, to the bit, normalised as it was trained", async (format) => {
    expect(await run(["export", "--checkpoint", at("run"), "--format", format, "--out", at(`as-${format}`), ...engine]), captured.both).toBe(0);
    expect(await embedded(`as-${format}`, `${format}.safetensors`)).toEqual(await embedded("run", `${format}-run.safetensors`));
    expect(captured.told).toContain("its README.md names no licence: --license does");
  });

  it("tells the run's recipe, log and results of this checkpoint, and no path of this machine", async () => {
    const judge = ["eval", "knn", "--checkpoint", at("run"), "--train", at("images"), "--test", at("images"), "-k", "3", "--workers", "0", "--no-plots", ...engine];
    expect(await run(judge), captured.both).toBe(0);
    expect(await run([...judge, "--block", "1", "--name", "first-block"]), captured.both).toBe(0);
    // Of other weights than these.
    const foreign = JSON.parse(readFileSync(at("run/eval/knn.json"), "utf8")) as { judged: { checkpoint: string }; top1: number };
    writeFileSync(at("run/eval/earlier.json"), JSON.stringify({ ...foreign, top1: 0.123, judged: { ...foreign.judged, checkpoint: "step-00000001" } }));
    expect(await run(["export", "--checkpoint", at("run"), "--format", "onnx", "--out", at("for-the-web"), "--attentions", "--name", "Dots and lines", "--license", "mit", ...engine]), captured.both).toBe(0);
    expect(readdirSync(at("for-the-web")).sort()).toEqual(["README.md", "config.json", "metrics.jsonl", "onnx", "preprocessor_config.json", "training_args.json"]);
    const card = readFileSync(at("for-the-web/README.md"), "utf8");
    const { top1 } = JSON.parse(readFileSync(at("run/eval/knn.json"), "utf8")) as { top1: number };
    for (const text of ["# Dots and lines", "license: mit", "simclr (https://arxiv.org/abs/2002.05709)", "12 images of images, without labels", "| optimizer.weightDecay |", "| method.temperature |", "`training_args.json` has the run's whole configuration; `metrics.jsonl` has its log, of loss, rates and evaluations by step.", `| top-1 accuracy | ${(100 * top1).toFixed(2)} % | 0 |`]) expect(card).toContain(text);
    expect(card).not.toContain("12.30 %");
    for (const name of ["training_args.json there: the run's whole configuration\n", "metrics.jsonl there: its log"]) expect(captured.told).toContain(name);
    const texts = ["README.md", "config.json", "metrics.jsonl", "preprocessor_config.json", "training_args.json"].map((name) => readFileSync(at(`for-the-web/${name}`), "utf8"));
    for (const text of texts) expect(text).not.toContain(folder);
    expect(JSON.parse(texts[4]!)).toMatchObject({ method: { name: "simclr" }, data: { location: "images", images: 12 }, checkpoint: "step-00000002" });
  });

  it("vit-mae: the encoder with its decoder, which predicts what the run's does and goes on to be exported", async () => {
    const decoder = ["method.decoderDim=16", "method.decoderDepth=2", "method.decoderHeads=4", "method.maskRatio=0.5"];
    expect(await pretrain("masked", "--method", "mae", "--set", "model.embedDim=16", "model.depth=2", "model.numHeads=2", "model.patchSize=4", ...decoder), captured.both).toBe(0);
    for (const [from, to] of [["masked", "masked-hf"], ["masked-hf", "masked-again"]] as const) {
      expect(await run(["export", "--checkpoint", at(from), "--format", "hf", "--model", "vit-mae", "--out", at(to), ...engine]), captured.both).toBe(0);
    }
    expect(readFileSync(at("masked-again/model.safetensors"))).toEqual(readFileSync(at("masked-hf/model.safetensors")));
    const there = await loadMaskedAutoencoder(at("masked-hf"));
    const method = (await loadRunMethod(at("masked"))) as MaeMethod;
    const images = randomUniform<Rank.R4>([2, 16, 16, 3], 0, 1, "float32", 3);
    const noise = { values: new Float32Array(32).map((_, index) => Math.sin(index)), shape: [2, 16] as const };
    const ours = method.lossOf(images, maskFromNoise(noise, 8));
    expect(there.forward(images, { noise }).loss.dataSync()).toEqual(ours.dataSync());
    disposeMethod(method);
    release({ ...there.encoder, ...there });
  });

  it("vit-mae: takes the checkpoint that was found first, also when the run has saved another since", async () => {
    const decoder = ["method.decoderDim=16", "method.decoderDepth=2", "method.decoderHeads=4", "method.maskRatio=0.5"];
    expect(await pretrain("masked-later", "--method", "mae", "--steps", "3", "--seed", "9", "--set", "model.embedDim=16", "model.depth=2", "model.numHeads=2", "model.patchSize=4", ...decoder), captured.both).toBe(0);
    const found = await loadCheckpoint(at("masked"));
    const before = valuesOf(found.encoder);
    cpSync(at("masked-later/checkpoints/step-00000003"), at("masked/checkpoints/step-00000003"), { recursive: true });
    const newest = await loadCheckpoint(at("masked"));
    expect(newest.run!.checkpoint).toBe("step-00000003");
    expect(valuesOf(newest.encoder)).not.toEqual(before);

    const held = memory().numTensors;
    const count = variablesOf(found.encoder).length;
    const decoded = await loadDecoded(at("masked"), found);
    expect(valuesOf(decoded.encoder)).toEqual(before);
    // The encoder that was found is let go of; the method's has as many.
    const ofMethod = new Set([...Object.values(decoded.parameters), ...Object.values(decoded.buffers), ...variablesOf(decoded.encoder).map(([, variable]) => variable)]);
    expect(memory().numTensors).toBe(held - count + ofMethod.size);
    dispose([...ofMethod]);
    release(newest.encoder);

    const other = await loadCheckpoint(at("run"));
    const left = memory().numTensors - variablesOf(other.encoder).length;
    await expect(loadDecoded(at("run"), other)).rejects.toThrow("received a run of simclr");
    expect(memory().numTensors).toBe(left);
    for (const name of ["masked/checkpoints/step-00000003", "masked-later"]) rmSync(at(name), { recursive: true });
  });

  it("takes weights of others to other formats, with their preprocessing, and says whose they are", async () => {
    expect(await run(["export", "--checkpoint", at("published"), "--format", "timm", "--out", at("converted"), "--license", "cc-by-nc-4.0", ...engine]), captured.both).toBe(0);
    const [one, other] = [await loadEncoder(at("published")), await loadEncoder(at("converted"))];
    expect(valuesOf(other)).toEqual(valuesOf(one));
    [one, other].forEach(release);
    expect(await readPreprocessing(at("converted"))).toMatchObject(halves);
    expect(readFileSync(at("converted/README.md"), "utf8")).toContain("Converted from published, which was not trained by ssl-vit");
  });

  it.each([
    [["--format", "hf", "--attentions"], "--attentions: expected with --format onnx, received --format hf."],
    [["--format", "onnx", "--change-epsilon"], "--change-epsilon: expected with --format timm, received --format onnx."],
    [["--format", "hf", "--model", "vit-mae"], "--model vit-mae: expected a run with the decoder of MAE, or a folder of ViTMAEForPreTraining, received a run of simclr."],
    [["--format", "hf", "--model", "vit-mae", "--checkpoint", at("published")], "expected a decoder (decoder_embed.weight), received an encoder alone"],
    [["--format", "onnx", "--model", "vit-mae"], "--model vit-mae: expected with --format hf, received --format onnx."],
    [["--format", "hf", "--model", "vit-mae", "--weights", "average"], "--model vit-mae: expected the last weights"],
    [["--format", "gguf"], "Allowed choices are hf, timm, onnx, safetensors."],
    [[], "required option '-f, --format <name>' not specified"],
    [["--format", "hf", "--checkpoint", "nowhere"], "--checkpoint: expected a run's folder or one of its checkpoints, or a folder or file of weights, received nowhere."],
    [["--format", "hf", "--checkpoint", folder], `--checkpoint: expected one run: ${at("masked")}, ${at("run")}, received ${folder}. It is a folder of runs.`],
    [["--format", "hf", "--checkpoint", at("for-the-web")], "expected weights, received onnx/model.onnx, a graph for ONNX Runtime and transformers.js."],
    [["--format", "hf", "--weights", "average"], "weights: expected a run with a moving average"],
    [["--format", "hf", "--checkpoint", at("published"), "--weights", "average"], "--weights: expected average with a run that keeps one"],
    [["--format", "hf", "--out", at("published")], "--out: expected a new or empty folder, received "],
  ])("%j is refused", async (more, message) => {
    const checkpoint = more.includes("--checkpoint") ? [] : ["--checkpoint", at("run")];
    expect(await run(["export", ...checkpoint, ...(more.includes("--out") ? [] : ["--out", at("refused")]), ...engine, ...more])).toBe(2);
    expect(captured.both).toContain(message);
    expect(existsSync(at("refused"))).toBe(false);
  });
});

describe("weights of other libraries", () => {
  it("are embedded, judged and drawn as a run is; their normalisation is their folder's", async () => {
    expect(await embedded("published", "hf.safetensors", "--overwrite")).toEqual(await embedded("published-timm", "timm.safetensors", "--overwrite"));
    const file = at("judged.json");
    const judge = ["eval", "knn", "--train", at("images"), "--test", at("images"), "-k", "3", "--workers", "0", "--no-plots", ...engine];
    expect(await run([...judge, "--checkpoint", at("published"), "--out", file]), captured.both).toBe(0);
    const { judged, protocol } = JSON.parse(readFileSync(file, "utf8")) as { judged: { kind: string; fingerprint: string }; protocol: { normalize?: unknown } };
    expect(judged).toMatchObject({ kind: "weights", fingerprint: expect.stringMatching(/^[0-9a-f]{16}$/) as string });
    expect(JSON.stringify(protocol)).toContain("[0.5,0.5,0.5]");
    for (const what of ["attention", "pca"]) {
      expect(await run(["visualize", what, "--checkpoint", at("published"), "--data", at("images"), "--out", at(`${what}.png`), "-n", "2", ...engine]), captured.both).toBe(0);
      expect((await sharp(at(`${what}.png`)).metadata()).format).toBe("png");
    }
    // Nothing was written into a folder that is not ours.
    expect(await run([...judge, "--checkpoint", at("published")]), captured.both).toBe(0);
    expect(captured.told).toContain("not saved: --out FILE.json keeps the result");
    expect(readdirSync(at("published")).sort()).toEqual(["README.md", "config.json", "model.safetensors", "preprocessor_config.json"]);
    expect(await run([...judge, "--checkpoint", "random", "--like", at("published")]), captured.both).toBe(0);
    const transfer = ["eval", "transfer", "--checkpoint", at("published"), "--to", `home=${at("images")},${at("images")}`, "-k", "3", "--workers", "0", "--out", at("transfer.json"), "--no-plots", ...engine];
    expect(await run(transfer), captured.both).toBe(0);
    const { results } = JSON.parse(readFileSync(at("transfer.json"), "utf8")) as { results: { features: string; judged: { kind: string } }[] };
    expect(results.map(({ features, judged: { kind: of } }) => [features, of])).toEqual([["pretrained", "weights"], ["random", "random"], ["pixels", "pixels"]]);
  });

  it("are trained further with labels, and resumed", async () => {
    const tune = ["eval", "finetune", "--checkpoint", at("published"), "--train", at("images"), "--test", at("images"), "--batch-size", "6", "--workers", "0", "--no-plots", "--out", at("tuned.json"), "--run-folder", at("tuned"), ...engine];
    expect(await run([...tune, "--epochs", "1"]), captured.both).toBe(0);
    expect(await run([...tune, "--epochs", "1", "--resume", "--overwrite"]), captured.both).toBe(0);
    expect((JSON.parse(readFileSync(at("tuned.json"), "utf8")) as { judged: { kind: string } }).judged.kind).toBe("weights");
  });

  it("paint hidden patches where they have a decoder, and are refused where they have none", async () => {
    const paint = (checkpoint: string): Promise<number> => run(["visualize", "reconstruction", "--checkpoint", checkpoint, "--data", at("images"), "--out", at("painted.png"), "-n", "2", "--overwrite", ...engine]);
    expect(await paint(at("published"))).toBe(2);
    expect(captured.told).toContain("expected a decoder");
    const mae = sharedPath("golden/models/hf-vit-mae");
    if (mae === undefined) return;
    expect(await paint(mae), captured.both).toBe(0);
    expect((await sharp(at("painted.png")).metadata()).format).toBe("png");
  });

  it("are cut as their folder says: of another size than their positions, also where the file is named", async () => {
    cpSync(at("published"), at("smaller"), { recursive: true });
    const file = at("smaller/preprocessor_config.json");
    const processor = JSON.parse(readFileSync(file, "utf8")) as object;
    writeFileSync(file, JSON.stringify({ ...processor, size: { shortest_edge: 10 }, do_center_crop: true, crop_size: { height: 8, width: 8 }, resample: 2 }));
    const judge = ["eval", "knn", "--train", at("images"), "--test", at("images"), "-k", "3", "--workers", "0", "--no-plots", "--json", ...engine];
    for (const [index, checkpoint] of [at("smaller"), at("smaller/model.safetensors")].entries()) {
      expect(await run([...judge, "--checkpoint", checkpoint, "--out", at(`smaller-${index}.json`)]), captured.both).toBe(0);
      const { protocol } = JSON.parse(readFileSync(at(`smaller-${index}.json`), "utf8")) as { protocol: { imageSize: number[]; views: object } };
      expect(protocol).toMatchObject({ imageSize: [8, 8], views: { groups: [{ operations: [{ kind: "centerCrop", cropRatio: 0.8, interpolation: "bilinear" }] }], normalize: halves } });
    }
  });

  it("of rectangles go to other formats, and are refused where squares are cut", async () => {
    const encoder = vit({ ...model, imageSize: [16, 24] })("teacher");
    await saveEncoder(encoder, at("wide"), { format: "timm" });
    release(encoder);
    expect(await run(["export", "--checkpoint", at("wide"), "--format", "hf", "--out", at("wide-hf"), ...engine]), captured.both).toBe(0);
    expect((await readPreprocessing(at("wide-hf")))!.imageSize).toEqual([16, 24]);
    expect(await run(["embed", "--checkpoint", at("wide"), "--data", at("images"), "--out", at("wide.npy"), "--workers", "0", ...engine])).toBe(2);
    expect(captured.told).toContain("--checkpoint: expected a model of square images, which are what is cut here, received one of 16 × 24 pixels.");
  });

  it("that are damaged are refused by the file's name, and nothing is written", async () => {
    cpSync(at("published"), at("cut"), { recursive: true });
    writeFileSync(at("cut/model.safetensors"), readFileSync(at("cut/model.safetensors")).subarray(0, 5000));
    expect(await run(["embed", "--checkpoint", at("cut"), "--data", at("images"), "--out", at("cut.npy"), "--workers", "0", ...engine])).toBe(2);
    expect(captured.told).toContain(join(at("cut"), "model.safetensors"));
    expect(existsSync(at("cut.npy"))).toBe(false);
    expect(await run(["visualize", "views", "--checkpoint", at("published"), "--data", at("images"), "--out", at("views.png")])).toBe(2);
    expect(captured.told).toContain("--checkpoint: expected a run's folder");
  });
});

describe("pretrain --init-from", () => {
  it("starts every encoder from the weights, with their model and their normalisation, whose folder may be of another library", async () => {
    expect(await pretrain("from-hf", "--init-from", at("published")), captured.both).toBe(0);
    expect(captured.told).toContain("weights   published, in place of random ones; heads are new");
    const saved = JSON.parse(readFileSync(at("from-hf/config.resolved.json"), "utf8")) as { run: { encoder: object; views: { normalize: object }; initialWeights: object } };
    expect(saved.run.encoder).toMatchObject({ embedDim: 16, depth: 2, imageSize: [16, 16] });
    expect(saved.run.views.normalize).toEqual(halves);
    expect(saved.run.initialWeights).toEqual({ location: at("published"), fingerprint: expect.stringMatching(/^[0-9a-f]{16}$/) as string });
    // The same weights in another library's folder give the same run.
    expect(await pretrain("from-timm", "--init-from", at("published-timm")), captured.both).toBe(0);
    const sumOf = (name: string): string => createHash("sha256").update(readFileSync(at(`${name}/checkpoints/step-00000002/model.safetensors`))).digest("hex");
    expect(sumOf("from-timm")).toBe(sumOf("from-hf"));
  });

  it.each(["learned", "sincos2d"] as const)("fills student and teacher, at another image size with resampled positions as loadEncoder gives them: %s", async (positionEmbedding) => {
    const source = vit({ ...model, positionEmbedding })("teacher");
    await saveEncoder(source, at(positionEmbedding), { format: "safetensors" });
    release(source);
    const weights = await openInitialWeights(at(positionEmbedding));
    const expected = await loadEncoder(at(positionEmbedding), { imageSize: 24 });
    for (const role of ["student", "teacher"] as const) {
      const started = weights.startFrom(vit({ ...weights.model, imageSize: 24, seed: 9 }))(role);
      expect(valuesOf(started)).toEqual(valuesOf(expected));
      release(started);
    }
    release(expected);
    weights.dispose();
    expect(await pretrain(`larger-${positionEmbedding}`, "--init-from", at(positionEmbedding), "--image-size", "24"), captured.both).toBe(0);
  });

  it("goes on from a run's checkpoint, and resumes only with the same weights", async () => {
    const start = ["--init-from", at("run/checkpoints/step-00000002")];
    expect(await pretrain("more", ...start), captured.both).toBe(0);
    expect(await pretrain("more", ...start, "--resume", "--steps", "3"), captured.both).toBe(0);
    expect(await pretrain("more", "--init-from", at("from-hf"), "--resume", "--steps", "4")).toBe(2);
    expect(captured.told).toMatch(/resume: (initialWeights|views|encoder)/);
    // The run knows what it started from: the weights need not be there any more.
    expect(await pretrain("more", "--resume", "--steps", "4", "--image-size", "16"), captured.both).toBe(0);
    const { run: saved } = JSON.parse(readFileSync(at("more/config.resolved.json"), "utf8")) as { run: { initialWeights: { location: string } } };
    expect(saved.initialWeights.location).toBe(at("run/checkpoints/step-00000002"));
  });

  it.each([
    [["--init-from", "nowhere"], "--init-from: expected a run's folder or one of its checkpoints, or a folder or file of weights, received nowhere."],
    [["--init-from", at("published"), "--model", "vit-pico"], "--init-from: expected the model of "],
    [["--init-from", at("published"), "--patch-size", "8"], "patchSize 4, received model.patchSize 8. Leave the option out: the weights say it."],
    [["--init-from", at("images")], "expected"],
  ])("%j is refused, and nothing is written", async (more, message) => {
    expect(await pretrain("refused", ...more)).toBe(2);
    expect(captured.told).toContain(message);
    expect(existsSync(at("refused"))).toBe(false);
  });
});
