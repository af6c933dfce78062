import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, expect, it } from "vitest";
import { run } from "../src/index.js";
import { captureOutput } from "./capture-output.js";

const folder = mkdtempSync(join(tmpdir(), "ssl-vit-data-command-"));
const at = (name: string): string => join(folder, name);
afterAll(() => { rmSync(folder, { recursive: true }); });

const captured = captureOutput();

async function writeImages(name: string, count: number, channels: 1 | 3, value: number): Promise<void> {
  mkdirSync(at(name), { recursive: true });
  const image = sharp(Buffer.alloc(64 * channels, value), { raw: { width: 8, height: 8, channels } });
  const bytes = await (channels === 1 ? image.toColourspace("b-w") : image).png().toBuffer();
  for (let index = 0; index < count; index++) writeFileSync(at(`${name}/${channels}-${index}.png`), bytes);
}

it("eval refuses shards with other classes than those it learned from, as it refuses the folders they were made of", async () => {
  for (const kind of ["cat", "dog", "eel"]) await writeImages(`train/${kind}`, 3, 3, 10);
  for (const kind of ["cat", "eel"]) await writeImages(`test/${kind}`, 2, 3, 20);
  for (const name of ["train", "test"]) expect(await run(["data", "convert", at(name), "--out", at(`${name}.tar`)]), captured.told).toBe(0);
  for (const [train, test] of [["train", "test"], ["train-000000.tar", "test-000000.tar"]] as const) {
    captured.told = "";
    expect(await run(["eval", "knn", "--checkpoint", "pixels", "--image-size", "8", "--engine", "cpu", "--workers", "0", "-k", "1", "--train", at(train), "--test", at(test)])).toBe(2);
    expect(captured.told).toContain(`classes of ${at(test)}: expected those of ${at(train)} in the same order (cat, dog, eel), received cat, eel.`);
  }
});

it("inspect pools a mixed set, and says what the numbers are of", async () => {
  await writeImages("mixed/a", 2, 3, 255);
  await writeImages("mixed/b", 1, 1, 0);
  expect(await run(["data", "inspect", at("mixed")]), captured.told).toBe(0);
  // Of 1, 1, 0: mean 2/3, deviation √2 / 3.
  expect(captured.printed).toContain('normalise --set "views.mean=[0.667,0.667,0.667]" "views.std=[0.471,0.471,0.471]"\n');
  expect(captured.printed).not.toContain("made into");
});

// numpy.savez_compressed of images, zeros [4, 8, 8], and labels, zeros [4, 3], of uint8, by NumPy 2.4.6.
const several = Buffer.from(
  "UEsDBC0AAAAIAAAAIQAzj04D//////////8KABQAaW1hZ2VzLm5weQEAEACAAQAAAAAAAEsAAAAAAAAAm+wX6hsQychQxlCtnpJanFykbqWgXlNqqK6joJ6WX1RSlJgXn1+UkgoSd0vMKU4FihdnJB" +
  "akAvkaJjoKFkCkqaNQq0Ae4GIY4QAAUEsDBC0AAAAIAAAAIQD8I06G//////////8KABQAbGFiZWxzLm5weQEAEACMAAAAAAAAAEkAAAAAAAAAm+wX6hsQychQxlCtnpJanFykbqWgXlNqqK6joJ6W" +
  "X1RSlJgXn1+UkgoSd0vMKU4FihdnJBakAvkaJjoKxpo6CrUKZAMuBiQAAFBLAQItAy0AAAAIAAAAIQAzj04DSwAAAIABAAAKAAAAAAAAAAAAAACAAQAAAABpbWFnZXMubnB5UEsBAi0DLQAAAAgAAA" +
  "AhAPwjToZJAAAAjAAAAAoAAAAAAAAAAAAAAIABhwAAAGxhYmVscy5ucHlQSwUGAAAAAAIAAgBwAAAADAEAAAAA",
  "base64",
);

it("data commands tell what was left out", async () => {
  writeFileSync(at("several.npz"), several);
  const note = "are left out: its shape is [4, 3] of |u1: more than one label an image.";
  expect(await run(["data", "inspect", at("several.npz")]), captured.told).toBe(0);
  expect(captured.printed).toMatch(/^note {6}The labels of .*several\.npz/m);
  expect(captured.printed).toContain(note);
  captured.printed = "";
  expect(await run(["data", "inspect", at("several.npz"), "--json"])).toBe(0);
  expect((JSON.parse(captured.printed) as { notes: string[] }).notes).toEqual([expect.stringContaining(note)]);
  captured.told = "";
  expect(await run(["data", "convert", at("several.npz"), "--out", at("several.tar")])).toBe(0);
  expect(captured.told).toContain(note);
  captured.told = "";
  expect(await run(["visualize", "views", "--method", "mae", "--data", at("several.npz"), "--image-size", "8", "--engine", "cpu", "--set", "model.embedDim=12", "model.depth=1", "model.numHeads=2", "--out", at("views.png")]), captured.told).toBe(0);
  expect(captured.told).toContain(note);
});
