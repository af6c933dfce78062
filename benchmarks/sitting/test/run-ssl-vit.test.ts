import { expect, test } from "vitest";
import { runSslVit } from "../run-ssl-vit.js";

const { signal } = new AbortController();

test("a failure says what the command said", async () => {
  await expect(runSslVit(["list", "nothing"], signal)).rejects.toThrow(/\[ssl-vit\] ssl-vit list nothing ended with 2:\n.*Allowed choices/s);
});

test("reports JSON, time and the processor time and memory of the process", async () => {
  const finished = await runSslVit(["list", "models", "--json"], signal);
  expect(finished.json).toContainEqual(expect.objectContaining({ name: "vit-tiny" }));
  expect(finished.seconds).toBeGreaterThan(0);
  expect(finished.cpuSeconds).toBeGreaterThan(0);
  expect(finished.maxRssMb).toBeGreaterThan(1);
});
