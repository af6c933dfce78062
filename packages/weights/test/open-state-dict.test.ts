import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { encodeSafetensors } from "@ssl-vit/safetensors";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { filesIn, openStateDict } from "../src/index.js";
import { filesIn as fetchedFilesIn } from "../src/fetched-files.js";
import { membersOf, pickle, storage, tensor, torchZip, zip } from "./pickle-bytes.js";

const values = Float32Array.of(1, 2, 3);
const safetensors = encodeSafetensors({ weight: { dtype: "F32", shape: [3], data: values } });
const state = pickle.whole(pickle.dictionary([pickle.text("weight"), tensor(storage("0", 3), [3], [1])]));
const torch = torchZip(state, { 0: values });

let root = "";
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "ssl-vit-weights-"));
});
afterAll(() => rm(root, { recursive: true }));

/** A new folder with files. */
async function folderOf(held: Readonly<Record<string, Uint8Array | string>>): Promise<string> {
  const folder = await mkdtemp(join(root, "folder-"));
  for (const [name, content] of Object.entries(held)) await writeFile(join(folder, name), content);
  return folder;
}

async function readWeight(location: string): Promise<number[]> {
  const opened = await openStateDict(location);
  const weight = await opened.read("weight");
  await opened.close();
  return [...weight];
}

describe("openStateDict", () => {
  const index = (file: string): string => JSON.stringify({ weight_map: { weight: file } });

  it.each<[string, Readonly<Record<string, Uint8Array | string>>]>([
    ["model.safetensors", { "model.safetensors": safetensors, "pytorch_model.bin": "not looked at", "config.json": "{}" }],
    ["shards", { "model.safetensors.index.json": index("model-00001-of-00001.safetensors"), "model-00001-of-00001.safetensors": safetensors }],
    ["pytorch_model.bin", { "pytorch_model.bin": torch, "training_args.bin": "not looked at" }],
    ["shards of pytorch_model.bin", { "pytorch_model.bin.index.json": index("pytorch_model-00001-of-00001.bin"), "pytorch_model-00001-of-00001.bin": torch }],
    ["the only .pth", { "dino_vitbase16_pretrain.pth": torch, "notes.txt": "" }],
    ["the only .pth.tar", { "vit-s-300ep.pth.tar": torch }],
    ["the only .safetensors", { "vit.safetensors": safetensors }],
  ])("finds %s in a folder", async (_, held) => {
    expect(await readWeight(await folderOf(held))).toEqual([1, 2, 3]);
    expect(await readWeight(`${await folderOf(held)}/`)).toEqual([1, 2, 3]);
  });

  it("opens a file by its path, or its file: URL", async () => {
    const folder = await folderOf({ "a.safetensors": safetensors, "b.pth": torch, "c.pth.tar": torch, "d.safetensors.index.json": index("a.safetensors") });
    for (const name of ["a.safetensors", "b.pth", "c.pth.tar", "d.safetensors.index.json"]) {
      expect(await readWeight(join(folder, name))).toEqual([1, 2, 3]);
      expect(await readWeight(pathToFileURL(join(folder, name)).href)).toEqual([1, 2, 3]);
    }
    expect(await readWeight(pathToFileURL(await folderOf({ "model.safetensors": safetensors })).href)).toEqual([1, 2, 3]);
  });

  it("takes the part of a checkpoint that is asked for", async () => {
    const part = pickle.dictionary([pickle.text("weight"), tensor(storage("0", 3), [2], [1])]);
    const checkpoint = pickle.whole(pickle.dictionary([pickle.text("a"), part], [pickle.text("b"), part]));
    const folder = await folderOf({ "run.pth": zip(membersOf(checkpoint, { 0: values })) });
    await expect(openStateDict(folder)).rejects.toThrow("Say which by inside.");
    const opened = await openStateDict(folder, { inside: "b" });
    expect([...(await opened.read("weight"))]).toEqual([1, 2]);
    await opened.close();
  });

  it("refuses what is not there, or not one", async () => {
    const several = await folderOf({ "a.pth": torch, "b.pth": torch });
    await expect(openStateDict(several)).rejects.toThrow(`[@ssl-vit/weights] ${several}: expected one file of weights, received a.pth, b.pth. Name a .safetensors`);
    const none = await folderOf({ "a.txt": "" });
    await expect(openStateDict(none)).rejects.toThrow("expected model.safetensors, model.safetensors.index.json, pytorch_model.bin or pytorch_model.bin.index.json, received a.txt.");
    await expect(openStateDict(await folderOf({}))).rejects.toThrow("received none of them.");
    await expect(openStateDict(join(root, "nowhere"))).rejects.toThrow("nowhere: expected a folder of weights, received no such folder.");
    await expect(openStateDict(join(several, "c.pth"))).rejects.toThrow("c.pth: expected a file of weights, received no such file.");
    await expect(openStateDict(join(none, "a.txt"))).rejects.toThrow("a.txt: expected a folder of weights, received a file.");
    await mkdir(join(none, "b.pth"));
    await expect(openStateDict(join(none, "b.pth"))).rejects.toThrow("b.pth: expected a file, received a folder.");
  });

  it.skipIf(process.platform === "win32")("does not wait for a pipe", async () => {
    const folder = await folderOf({});
    execFileSync("mkfifo", [join(folder, "model.safetensors")]);
    await expect(openStateDict(folder)).rejects.toThrow("model.safetensors: expected a file, received something else.");
  });
});

describe("filesIn of an address", () => {
  let server: Server | undefined;
  const closeServer = async (): Promise<void> => {
    const closing = server;
    server = undefined;
    if (closing !== undefined) await new Promise((resolve) => { closing.close(resolve); });
  };
  afterEach(closeServer);

  const serve = async (listener: RequestListener): Promise<string> => {
    server = createServer(listener);
    await new Promise<void>((resolve) => server!.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  };

  const large = encodeSafetensors({ first: { dtype: "F32", shape: [1 << 20], data: new Float32Array(1 << 20).fill(1) }, weight: { dtype: "F32", shape: [3], data: values } });
  const held: Readonly<Record<string, Uint8Array>> = { "/vit/model.safetensors": large, "/vit/b.pth": torch, "/vit/config.json": Buffer.from('{"a":"ü"}'), "/vit/empty.bin": new Uint8Array(0) };

  /** As static servers are: sends the range asked for, and says of what. */
  const ranges = (requests: string[], hide = false): RequestListener => (request, response) => {
    const file = held[new URL(request.url!, "http://a").pathname];
    const [, begin, end] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "") ?? [];
    requests.push(`${request.url!} ${request.headers.range ?? "whole"}`);
    if (file === undefined) return void response.writeHead(404).end();
    if (begin === undefined) return void response.end(file);
    if (Number(begin) >= file.length) return void response.writeHead(416).end();
    const part = file.subarray(Number(begin), Number(end) + 1);
    response.writeHead(206, hide ? {} : { "content-range": `bytes ${begin}-${Number(begin) + part.length - 1}/${file.length}` }).end(part);
  };

  it("reads by ranges, and small tensors at once", async () => {
    const requests: string[] = [];
    const address = await serve(ranges(requests));
    const opened = await openStateDict(`${address}/vit/`);
    expect(opened.info("first").shape).toEqual([1 << 20]);
    expect(requests).toEqual(["/vit/model.safetensors bytes=0-1048575"]);
    expect([...(await opened.read("weight"))]).toEqual([1, 2, 3]);
    expect([...(await opened.read("weight"))]).toEqual([1, 2, 3]);
    const first = await opened.read("first");
    expect([first.length, first.every((value) => value === 1)]).toEqual([1 << 20, true]);
    expect(requests).toHaveLength(3);
  });

  it("opens one file, behind a query", async () => {
    const requests: string[] = [];
    const address = await serve(ranges(requests));
    expect(await readWeight(`${address}/vit/b.pth?token=a/b`)).toEqual([1, 2, 3]);
    expect(requests[0]).toBe("/vit/b.pth?token=a/b bytes=0-1048575");
  });

  it("downloads the whole where the server sends no parts, or does not tell of what", async () => {
    const plain = await serve((request, response) => void response.end(held[request.url!]));
    expect(await readWeight(`${plain}/vit/b.pth`)).toEqual([1, 2, 3]);
    await closeServer();
    const requests: string[] = [];
    const hidden = await serve(ranges(requests, true));
    expect(await readWeight(`${hidden}/vit`)).toEqual([1, 2, 3]);
    expect(requests.at(-1)).toBe("/vit/model.safetensors whole");
  });

  it("reads texts, and tells what is not there", async () => {
    const files = filesIn(`${await serve(ranges([]))}/vit`);
    expect(await files.readText("config.json")).toBe('{"a":"ü"}');
    expect(await files.readText("nothing.json")).toBeUndefined();
    expect(await files.open("nothing.bin")).toBeUndefined();
    expect((await files.open("empty.bin"))!.length).toBe(0);
    expect("list" in files).toBe(false);
  });

  it("is not taken in by the page that a server has for every address", async () => {
    const files = filesIn(await serve((_, response) => void response.writeHead(200, { "content-type": "text/html; charset=utf-8" }).end("<!doctype html>")));
    expect(await files.readText("config.json")).toBeUndefined();
    expect(await files.open("model.safetensors")).toBeUndefined();
    await expect(openStateDict(files.location)).rejects.toThrow(`${files.location}: expected model.safetensors, `);
  });

  it("refuses other answers with the reason", async () => {
    const address = await serve((_, response) => void response.writeHead(403).end());
    await expect(openStateDict(address)).rejects.toThrow(`[@ssl-vit/weights] ${address}/model.safetensors: expected a file, received status 403 Forbidden. Check the address`);
    await expect(filesIn(address).readText("config.json")).rejects.toThrow("received status 403 Forbidden.");
    await closeServer();
    await expect(openStateDict(address)).rejects.toThrow(`${address}/model.safetensors: expected an answer, received fetch failed.`);
  });

  it("refuses parts of another length", async () => {
    const address = await serve((request, response) => {
      const begin = Number(/bytes=(\d+)/.exec(request.headers.range!)![1]);
      if (begin === 0) response.writeHead(206, { "content-range": `bytes 0-1048575/${large.length}` }).end(large.subarray(0, 1 << 20));
      else response.writeHead(206, { "content-range": `bytes ${begin}-${begin}/${large.length}` }).end("x");
    });
    const opened = await openStateDict(address);
    await expect(opened.read("weight")).rejects.toThrow(/model\.safetensors: expected \d+ bytes from \d+ on, received 1\. The file is cut off/);
  });

  it("is the same in a browser's variant", async () => {
    const files = fetchedFilesIn(`${await serve(ranges([]))}/vit/`);
    const source = (await files.open("model.safetensors"))!;
    expect(await source.read(3, 3)).toEqual(new Uint8Array(0));
    expect(await source.read(large.length - 5, large.length)).toEqual(large.slice(-5));
    await expect(source.read(0, large.length + 1)).rejects.toThrow(`expected at least ${large.length + 1} bytes, received ${large.length}.`);
  });
});
