import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { createRandom } from "@ssl-vit/core";
import { decodeSafetensors, encodeSafetensors, type SafeTensor } from "@ssl-vit/safetensors";
import type { VitOptions } from "@ssl-vit/vit";
import { type LoadEncoderOptions, saveEncoder, type SaveEncoderOptions } from "@ssl-vit/weights";
import { div, image, type Rank, tensor, tidy } from "@tensorflow/tfjs-core";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { expectEmbedded, expectNear, imagesOf, shaken } from "./browser-numbers.js";
import * as inNode from "./browser-page.js";
import { type BrowserSession, bundleForBrowsers, installedChromium, openSession } from "./browser-session.js";
import { disposeVariables, goldenFolder, tensorsOf } from "./golden.js";
import { torchCheckpoint } from "./torch-checkpoint.js";

const chromium = installedChromium("weights in a browser");
const small: VitOptions = { imageSize: 16, patchSize: 8, embedDim: 16, depth: 2, numHeads: 2, mlpRatio: 2 };

/** Has a folder's weights in two shards, as transformers writes large ones. */
function shard(folder: string): void {
  const whole = join(folder, "model.safetensors");
  const tensors = Object.entries(decodeSafetensors(readFileSync(whole)).tensors as Readonly<Record<string, SafeTensor>>);
  const fileOf = (index: number): string => `model-0000${1 + (index % 2)}-of-00002.safetensors`;
  for (const remainder of [0, 1]) writeFileSync(join(folder, fileOf(remainder)), encodeSafetensors(Object.fromEntries(tensors.filter((_, index) => index % 2 === remainder))));
  writeFileSync(join(folder, "model.safetensors.index.json"), JSON.stringify({ weight_map: Object.fromEntries(tensors.map(([name], index) => [name, fileOf(index)])) }));
  rmSync(whole);
}

describe.runIf(chromium !== undefined)("in Chromium", () => {
  let session: BrowserSession;
  beforeAll(async () => {
    session = await openSession(chromium!);
  });
  afterAll(() => session.close());

  async function saved(name: string, options: VitOptions, how: SaveEncoderOptions): Promise<string> {
    const encoder = shaken(options);
    const folder = join(session.folder, "models", name);
    await saveEncoder(encoder, folder, { ...how, overwrite: true });
    disposeVariables(encoder);
    return folder;
  }

  const exported: [string, VitOptions, SaveEncoderOptions, LoadEncoderOptions][] = [
    ["hf with registers", { ...small, registerTokens: 3 }, { format: "hf", preprocessing: { mean: [0.1, 0.2, 0.3], std: [0.4, 0.5, 0.6] } }, {}],
    ["hf of more than one request", { ...small, embedDim: 128, depth: 3, numHeads: 4 }, { format: "hf" }, {}],
    ["hf in half precision", { ...small, layerScale: 0.1 }, { format: "hf", dtype: "F16" }, {}],
    ["hf at another size", small, { format: "hf" }, { imageSize: 24 }],
    ["hf in shards", small, { format: "hf" }, {}],
    ["timm", { ...small, layerScale: 0.1, prefixPositions: false, registerTokens: 2 }, { format: "timm", preprocessing: { mean: [0.5], std: [0.25] } }, {}],
    ["safetensors, fixed positions, SwiGLU", { ...small, positionEmbedding: "sincos2d", mlp: "swiglu" }, { format: "safetensors" }, {}],
  ];

  // Received here and below: on plain JavaScript the very numbers of Node.
  test.each(exported)("%s", async (name, options, how, asked) => {
    const folder = await saved(name, options, how);
    if (name === "hf in shards") shard(folder);
    const images = imagesOf(typeof asked.imageSize === "number" ? asked.imageSize : 16);
    expectEmbedded(await session.inPage("embed", `/models/${encodeURIComponent(name)}`, images, asked), await inNode.embed(folder, images, asked));
  });

  // Received: within 4e-6 of the largest on WebAssembly, 3e-6 on WebGL.
  test.each(["wasm", "webgl"] as const)("on %s", async (engine) => {
    const { inPage, page } = session;
    await page.reload();
    expect(await inPage("startEngine", engine, "/wasm/")).toBe(engine);
    const images = imagesOf(16);
    for (const [name, options, how] of exported.filter(([one]) => one !== "hf in shards")) {
      const folder = await saved(name, options, how);
      expectEmbedded(await inPage("embed", `/models/${encodeURIComponent(name)}`, images), await inNode.embed(folder, images));
    }
    await page.reload();
  });

  describe("models of other libraries", () => {
    const names = ["hf-vit", "hf-vit-larger-image", "hf-vit-msn", "hf-vit-mae", "hf-vit-mae-normpix", "hf-ijepa", "hf-dinov2", "hf-dinov2-swiglu", "hf-dinov2-registers", "timm-vit", "timm-vit-rectangular", "timm-vit-registers-layerscale"];
    // A suite without any test is an error: those of models that are not here are skipped one by one.
    const models = names.map((name) => [name, goldenFolder(name)] as const);

    const numbersIn = (folder: string, name: string): inNode.Numbers => {
      const { shape, data } = tensorsOf(join(folder, "io.safetensors"))[name]!;
      return { shape, values: [...(data as Float32Array)] };
    };
    const served = (folder: string): string => {
      const address = `/models/${basename(folder)}`;
      rmSync(join(session.folder, address), { force: true });
      symlinkSync(folder, join(session.folder, address));
      return address;
    };

    for (const [name, folder] of models) {
      test.skipIf(folder === undefined)(name, async () => {
        const images = numbersIn(folder!, "images");
        expectEmbedded(await session.inPage("embed", served(folder!), images), await inNode.embed(folder!, images));
      });
      if (!name.startsWith("hf-vit-mae")) continue;
      test.skipIf(folder === undefined)(`${name}, with its decoder`, async () => {
        const given = [numbersIn(folder!, "images"), numbersIn(folder!, "noise")] as const;
        expectNear(await session.inPage("reconstruct", served(folder!), ...given), await inNode.reconstruct(folder!, ...given));
      });
    }
  });

  describe("files of torch.save", () => {
    test("a checkpoint of DINO: teacher and student", async () => {
      const [teacher, student] = [1, 2].map((seed) => {
        const encoder = shaken({ ...small, seed });
        const held = Object.entries(encoder.parameters).map(([name, variable]) => [`backbone.${name}`, { shape: variable.shape, values: variable.dataSync<"float32">() }] as const);
        disposeVariables(encoder);
        return Object.fromEntries(held);
      });
      const file = join(session.folder, "models", "dino.pth");
      writeFileSync(file, torchCheckpoint({ teacher: teacher!, student: student!, epoch: 3 }));
      const images = imagesOf(16);
      const [there, here] = [[], []] as [inNode.Embedded[], inNode.Embedded[]];
      for (const branch of ["teacher", "student"] as const) {
        const options = { branch, numHeads: 2 };
        there.push(await session.inPage("embed", "/models/dino.pth", images, options));
        here.push(await inNode.embed(file, images, options));
        expectEmbedded(there.at(-1)!, here.at(-1)!);
      }
      expect(there[0]!.tokens).not.toEqual(there[1]!.tokens);
    });

    test("are read as torch.load reads them", async () => {
      const { cases } = JSON.parse(readFileSync(new URL("golden/torch-files.json", import.meta.url), "utf8")) as {
        readonly cases: readonly { readonly file: string; readonly inside?: string; readonly tensors: Readonly<Record<string, { readonly shape: readonly number[]; readonly values: string }>> }[];
      };
      expect(cases.length).toBeGreaterThan(0);
      for (const [index, { file, inside, tensors }] of cases.entries()) {
        writeFileSync(join(session.folder, "models", `${index}.pth`), Buffer.from(file, "base64"));
        const expected = Object.entries(tensors).map(([name, { shape, values }]) => [name, { shape, values: [...new Float32Array(Uint8Array.from(Buffer.from(values, "base64")).buffer)] }]);
        expect(await session.inPage("readState", `/models/${index}.pth`, inside === undefined ? {} : { inside })).toEqual(expected);
      }
    });
  });

  test("the README's page: an image's feature is that of Node", async () => {
    const code = /^## In a browser\n[\s\S]*?^```js\n([\s\S]*?)^```/m.exec(readFileSync(new URL("../README.md", import.meta.url), "utf8"))![1]!;
    const folder = await saved("my-vit", { ...small, imageSize: 32 }, { format: "hf" });
    const [height, width] = [40, 56];
    const pixels = Uint8Array.from(createRandom(2).uniforms(height * width * 3), (value) => 256 * value);
    const place = join(session.folder, "example");
    mkdirSync(place);
    await bundleForBrowsers({ stdin: { contents: code, resolveDir: import.meta.dirname } }, place);
    await sharp(pixels, { raw: { width, height, channels: 3 } }).png().toFile(join(place, "cat.png"));
    writeFileSync(join(place, "index.html"), '<!doctype html><link rel="icon" href="data:,"><img src="cat.png"><output></output><script type="module" src="stdin.js"></script>');
    const page = await session.page.context().newPage();
    await page.goto(`${session.server.address}/example/index.html`);
    const said = await page.locator("output", { hasText: "," }).textContent();
    await page.close();
    const images = tidy(() => [...div(image.resizeBilinear(tensor<Rank.R4>(pixels, [1, height, width, 3]), [32, 32]), 255).dataSync()]);
    const { features } = await inNode.embed(folder, { shape: [1, 32, 32, 3], values: images });
    expectNear({ shape: [1, 16], values: said!.split(",").map(Number) }, features);
  });

  test("nothing was thrown beside", () => {
    expect(session.thrown).toEqual([]);
  });
});
