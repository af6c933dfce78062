import { afterEach, expect, test, vi } from "vitest";
import { publishSittings } from "../publish-sittings.js";

afterEach(() => {
  vi.restoreAllMocks();
  process.exitCode = 0;
});

test("the files that were written are told; what is not to be published too, with the exit code 1", async () => {
  const said: unknown[] = [];
  vi.spyOn(process.stderr, "write").mockImplementation((text) => { said.push(text); return true; });
  await publishSittings("out", (out) => Promise.resolve([`${out}/results.json`, `${out}/RESULTS.md`]));
  expect(said).toEqual(["wrote out/results.json\n", "wrote out/RESULTS.md\n"]);
  expect(process.exitCode ?? 0).toBe(0);
  await publishSittings("out", () => Promise.reject(new Error("[some] --publish: expected a whole sitting, received half of one.")));
  expect(said.at(-1)).toBe("[some] --publish: expected a whole sitting, received half of one.\n");
  expect(process.exitCode).toBe(1);
});
