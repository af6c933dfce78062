import { spawnSync } from "node:child_process";
import { expect, it } from "vitest";
import { installedVersions, requirements } from "../python-environment.js";

it.skipIf(spawnSync("python3", ["-m", "pip", "--version"]).status !== 0)("says what an environment has of requirements.txt, and what it lacks (needs python3 with pip)", () => {
  const { python, ...packages } = installedVersions("python3");
  expect(`Python ${python}`).toBe(spawnSync("python3", ["--version"], { encoding: "utf8" }).stdout.trim());
  expect(Object.keys(packages)).toEqual(requirements().map((line) => line.split("==")[0]));
  const listed = JSON.parse(spawnSync("python3", ["-m", "pip", "list", "--format=json"], { encoding: "utf8" }).stdout) as { name: string; version: string }[];
  for (const [name, version] of Object.entries(packages)) expect(version, name).toBe(listed.find((one) => one.name.toLowerCase().replaceAll("_", "-") === name)?.version ?? "not installed");
});
