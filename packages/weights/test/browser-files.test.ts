import { readdirSync } from "node:fs";
import { join } from "node:path";
import { saveEncoder } from "@ssl-vit/weights";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { expectEmbedded, imagesOf, shaken } from "./browser-numbers.js";
import * as inNode from "./browser-page.js";
import { serveFolder } from "./browser-server.js";
import { type BrowserSession, installedChromium, openSession } from "./browser-session.js";
import { disposeVariables } from "./golden.js";

const chromium = installedChromium("files and addresses in a browser");

describe.runIf(chromium !== undefined)("in Chromium", () => {
  const images = imagesOf(16);
  let session: BrowserSession;
  let folder: string;
  beforeAll(async () => {
    session = await openSession(chromium!);
    folder = join(session.folder, "models", "vit");
    const encoder = shaken({ imageSize: 16, patchSize: 8, embedDim: 16, depth: 2, numHeads: 2, mlpRatio: 2, registerTokens: 1, layerScale: 0.5 });
    await saveEncoder(encoder, folder, { format: "hf" });
    disposeVariables(encoder);
  });
  afterAll(() => session.close());

  describe("encoderFiles", () => {
    test.each(["hf", "timm", "safetensors", "onnx"] as const)("%s: the bytes of Node", async (format) => {
      const expected = await inNode.filesOf(folder, format);
      expect(expected.map(([name]) => name)).toContain(format === "onnx" ? "onnx/model.onnx" : "model.safetensors");
      expect(await session.inPage("filesOf", "/models/vit", format)).toEqual(expected);
    });

    test("loads what writes ONNX when it is asked to, not before", async () => {
      await session.page.reload();
      const scriptsOf = async (format: "hf" | "onnx"): Promise<readonly string[]> => {
        const before = session.server.requests.length;
        await session.inPage("filesOf", "/models/vit", format);
        return session.server.requests.slice(before).filter((request) => request.includes(".js "));
      };
      expect(await scriptsOf("hf")).toContain("/browser-page.js whole");
      expect(await scriptsOf("hf")).toEqual([]);
      expect(await scriptsOf("onnx")).not.toEqual([]);
    });
  });

  test("saveEncoder has no folder to write, and says what to use", async () => {
    await expect(session.inPage("copy", "/models/vit", "my-vit")).rejects.toThrow(
      "ConfigError: [@ssl-vit/weights] saveEncoder: expected a place with folders, as Node has, received my-vit in a browser. encoderFiles gives the files.",
    );
    expect(readdirSync(session.folder)).not.toContain("my-vit");
  });

  describe("an address", () => {
    test.each([
      ["where nothing is", "/models/nowhere", "ConfigError: [@ssl-vit/weights] /models/nowhere: expected model.safetensors, model.safetensors.index.json, pytorch_model.bin or pytorch_model.bin.index.json, received none of them. Name a "],
      ["of a file that is not there", "/models/vit.pth", "ConfigError: [@ssl-vit/weights] /models/vit.pth: expected a file of weights, received no such file. Name a "],
      ["where no server is", "http://127.0.0.1:9/vit", "ConfigError: [@ssl-vit/weights] http://127.0.0.1:9/vit/preprocessor_config.json: expected an answer, received Failed to fetch. Check the address, the network, and that the server allows this page to read it (CORS)."],
    ])("%s is refused", async (_, address, message) => {
      await expect(session.inPage("embed", address, images)).rejects.toThrow(message);
    });

    test.each([
      ["shows of how many bytes a part is", { otherOrigins: "range" }, ["bytes=0-1048575"]],
      ["does not show it: all is asked for again", { otherOrigins: "body" }, ["bytes=0-1048575", "whole"]],
      ["sends no parts", { otherOrigins: "body", ranges: false }, ["bytes=0-1048575"]],
    ] as const)("of another origin that allows it, and %s", async (_, options, asked) => {
      const other = await serveFolder(session.folder, options);
      try {
        expectEmbedded(await session.inPage("embed", `${other.address}/models/vit`, images), await inNode.embed(folder, images));
        expect(other.requests.filter((request) => request.includes("model.safetensors"))).toEqual(asked.map((range) => `/models/vit/model.safetensors ${range}`));
      } finally {
        await other.close();
      }
    });

    test("of another origin that does not allow it is refused", async () => {
      const other = await serveFolder(session.folder);
      try {
        await expect(session.inPage("embed", `${other.address}/models/vit`, images)).rejects.toThrow("received Failed to fetch. Check the address, the network, and that the server allows this page to read it (CORS).");
      } finally {
        await other.close();
      }
    });
  });

  test("nothing was thrown beside", () => {
    expect(session.thrown).toEqual([]);
  });
});
