import { ConfigError } from "@ssl-vit/core";
import { expect, test } from "vitest";
import { writeFolder } from "../src/no-folder.js";

test("in a browser there is no folder to write", async () => {
  await expect(writeFolder("my-vit", new Map(), false)).rejects.toThrow(/saveEncoder: expected a place with folders, as Node has, received my-vit in a browser\. encoderFiles gives the files/);
  await expect(writeFolder("my-vit", new Map(), false)).rejects.toThrow(ConfigError);
});
