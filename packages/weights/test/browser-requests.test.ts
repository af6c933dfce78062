import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Encoder } from "@ssl-vit/core";
import { vit } from "@ssl-vit/vit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { loadEncoder, saveEncoder } from "../src/index.js";
import { type BrowserServer, serveFolder } from "./browser-server.js";
import { disposeVariables, variablesOf } from "./golden.js";

const MEBIBYTE = 1 << 20;
const folder = mkdtempSync(join(tmpdir(), "ssl-vit-requests-"));
let server: BrowserServer;
beforeAll(async () => {
  server = await serveFolder(folder);
});
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

// Node asks servers as browsers do. The files have 8.1 MB, in 8 blocks; layers lie in alphabetical order, their tensors too, so hardly one is read after its neighbour.
test.each(["hf", "timm"] as const)("%s: every byte is asked for once, in blocks", async (format) => {
  const encoder = vit({ imageSize: 32, patchSize: 8, embedDim: 128, depth: 12, numHeads: 2, mlpRatio: 3 })("student");
  await saveEncoder(encoder, join(folder, format), { format });
  const loaded = await loadEncoder(`${server.address}/${format}`);
  const bytesOf = (model: Encoder): Buffer[] => Object.keys(variablesOf(encoder)).map((name) => Buffer.from(variablesOf(model)[name]!.dataSync().buffer));
  expect(Buffer.compare(Buffer.concat(bytesOf(loaded)), Buffer.concat(bytesOf(encoder)))).toBe(0);
  const asked = server.requests.flatMap((request) => (request.startsWith(`/${format}/model.safetensors `) ? [/bytes=(\d+)-(\d+)$/.exec(request)!.slice(1).map(Number) as [number, number]] : []));
  const blocks = asked.flatMap(([begin, end]) => Array.from({ length: Math.ceil((end + 1 - begin) / MEBIBYTE) }, (_, index) => begin / MEBIBYTE + index));
  expect(blocks.sort((a, b) => a - b)).toEqual(Array.from({ length: blocks.length }, (_, index) => index));
  for (const model of [encoder, loaded]) disposeVariables(model);
});
