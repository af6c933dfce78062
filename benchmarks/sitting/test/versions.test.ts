import { inspectEngines } from "@ssl-vit/engine";
import { version_core as tfjs } from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { versions } from "../versions.js";

test("versions are those of Node, tfjs and every engine that is installed; the native one says its instructions", async () => {
  const { os, node, tfjs: core, engines } = versions();
  expect(os).toMatch(/^\S+ \S+ (x64|arm64)$/);
  expect(node).toBe(process.versions.node);
  expect(core).toBe(tfjs);
  const { engines: found, auto } = await inspectEngines();
  expect(Object.keys(engines)).toEqual(found.filter(({ available }) => available).map(({ name }) => name));
  for (const { name, version, available } of found) if (available) expect(engines[name].split(" ")[0]).toBe(version);
  expect(/ (avx512bf16|avx512|avx2|portable)$/.test(engines["native"] ?? "")).toBe(auto === "native");
});
