import { lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ConfigError } from "@ssl-vit/core";
import { afterAll, expect, test } from "vitest";
import { writeFolder as refuseFolder } from "../src/no-folder.js";
import { writeFolder } from "../src/write-folder.js";

const folder = mkdtempSync(join(tmpdir(), "ssl-vit-folder-"));
afterAll(() => { rmSync(folder, { recursive: true }); });
const saver = { name: "saveMaskedAutoencoder", files: "maskedAutoencoderFiles" };
const files = new Map([["onnx/model.onnx", Uint8Array.of(1, 2)], ["config.json", "{}"]] as [string, string | Uint8Array][]);

test("in a browser there is no folder to write: the refusal names what was called", async () => {
  const refused = refuseFolder("my-vit", files, false, saver);
  await expect(refused).rejects.toThrow("saveMaskedAutoencoder: expected a place with folders, as Node has, received my-vit in a browser. maskedAutoencoderFiles gives the files.");
  await expect(refused).rejects.toThrow(ConfigError);
});

test("an empty folder that is there is filled, not replaced: the one a program stands in, and the one behind a link", async () => {
  const path = join(folder, "empty");
  mkdirSync(path);
  const { ino } = statSync(path);
  const before = process.cwd();
  process.chdir(path);
  try {
    await writeFolder(".", files, false, saver);
    expect(process.cwd()).toBe(path);
    expect(readdirSync(".").sort()).toEqual(["config.json", "onnx"]);
  } finally {
    process.chdir(before);
  }
  expect(statSync(path).ino).toBe(ino);

  mkdirSync(join(folder, "target"));
  symlinkSync(join(folder, "target"), join(folder, "link"));
  await writeFolder(join(folder, "link"), files, false, saver);
  expect(lstatSync(join(folder, "link")).isSymbolicLink()).toBe(true);
  expect([...readFileSync(join(folder, "target/onnx/model.onnx"))]).toEqual([1, 2]);
});

test("a new folder appears whole, and one with something in it is refused", async () => {
  const path = join(folder, "new");
  await writeFolder(path, files, false, saver);
  expect(readdirSync(path).sort()).toEqual(["config.json", "onnx"]);
  await expect(writeFolder(path, files, false, saver)).rejects.toThrow("saveMaskedAutoencoder: folder: expected one that is not there yet, or empty");
  expect(readdirSync(folder).filter((name) => name.endsWith(".tmp"))).toEqual([]);
});
