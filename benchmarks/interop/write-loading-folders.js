// Writes the folders that `bench interop loading` loads: node write-loading-folders.js FOLDER. In a process of its own: those that are measured would inherit its memory as their most.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { prepareEngine } from "@ssl-vit/engine";
import { vit } from "@ssl-vit/vit";
import { saveEncoder } from "@ssl-vit/weights";

const folder = process.argv[2];
await prepareEngine({});
const encoder = vit({ size: "base", imageSize: 224, patchSize: 16 })("student");
for (const format of /** @type {const} */ (["timm", "hf"])) {
  await saveEncoder(encoder, join(folder, format), { format });
  // Into the system's memory, from where everyone reads it.
  readFileSync(join(folder, format, "model.safetensors"));
}
