import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encodeSafetensors, type SafeTensor } from "@ssl-vit/safetensors";
import { vit } from "@ssl-vit/vit";
import { afterAll, expect, test } from "vitest";
import { loadEncoder } from "../src/load-encoder.js";
import { saveEncoder } from "../src/save-encoder.js";
import { disposeVariables, type Tensors, tensorsOf, variablesOf } from "./golden.js";

const folder = mkdtempSync(join(tmpdir(), "ssl-vit-prefixes-"));
afterAll(() => { rmSync(folder, { recursive: true }); });

const encoder = vit({ imageSize: 16, patchSize: 8, embedDim: 16, depth: 2, numHeads: 2, mlpRatio: 2 })("student");
await saveEncoder(encoder, folder, { format: "hf", model: "vit" });
const config = JSON.parse(readFileSync(join(folder, "config.json"), "utf8")) as Record<string, unknown>;
const tensors = tensorsOf(join(folder, "model.safetensors"));

/** As a class with a classifier would be written, with names that the given function makes. */
function write(rename: (name: string) => readonly string[]): void {
  const renamed = Object.entries(tensors).flatMap(([name, tensor]) => rename(name).map((other): [string, SafeTensor] => [other, tensor]));
  const classifier: Tensors = { "classifier.weight": { dtype: "F32", shape: [2, 16], data: new Float32Array(32) } };
  writeFileSync(join(folder, "model.safetensors"), encodeSafetensors({ ...Object.fromEntries(renamed), ...classifier }, { format: "pt" }));
  writeFileSync(join(folder, "config.json"), JSON.stringify({ ...config, model_type: "vit_msn", architectures: ["ViTMSNForImageClassification"] }));
}

test("blocks without the prefix that the other tensors have, as transformers 5.24 writes a ViTMSNForImageClassification, are the encoder's", async () => {
  write((name) => [name.startsWith("encoder.") ? name : `vit.${name}`]);
  const loaded = await loadEncoder(folder);
  for (const [name, variable] of Object.entries(variablesOf(encoder))) expect(variablesOf(loaded)[name]!, name).toBeAllClose(variable, { absolute: 0, relative: 0 });
  disposeVariables(loaded);
});

test("a tensor with the prefix and without is refused by name", async () => {
  write((name) => [`vit.${name}`, ...(name === "encoder.layer.1.output.dense.bias" ? [name] : [])]);
  await expect(loadEncoder(folder)).rejects.toThrow(/missing: none; unexpected: (vit\.)?encoder\.layer\.1\.output\.dense\.bias\./);
});
