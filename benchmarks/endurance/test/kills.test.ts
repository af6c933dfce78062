import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { killOnce, killsProblem, killsTable, undisturbed } from "../kills.js";
import { drawPictures } from "../pictures.js";
import { startTraining } from "../training.js";

// The short form of `bench endurance kills`: real processes of the built command, really killed.
const folder = mkdtempSync(join(tmpdir(), "ssl-vit-kills-test-"));
const data = join(folder, "pictures");
beforeAll(() => drawPictures(data, 48));
afterAll(() => { rmSync(folder, { recursive: true, force: true }); });

const { signal } = new AbortController();
const references = new Map<string, Awaited<ReturnType<typeof undisturbed>>>();
const usual = { steps: 12, saveEvery: 2 };
const saving = { steps: 4, saveEvery: 1, more: ["model.embedDim=192", "model.depth=4"] };

// Odd numbers are killed once more in the resume.
describe.each([
  ["simclr", "while it starts", usual, 1],
  ["simclr", "at random", usual, 1],
  ["simclr", "in a save", saving, 0],
  ["ijepa", "while it starts", usual, 0],
  ["ijepa", "at random", usual, 2],
  ["ijepa", "in a save", saving, 3],
] as const)("%s, killed with -9 %s and resumed with another number of data threads", (method, when, settings, number) => {
  it(number % 2 === 1 ? "and killed again, ends with the undisturbed run's bytes" : "ends with the undisturbed run's bytes", async () => {
    const kind = { method, data, ...settings };
    const name = JSON.stringify(kind);
    const reference = references.get(name) ?? (await undisturbed(kind, mkdtempSync(join(folder, "reference-")), signal));
    references.set(name, reference);
    const result = await killOnce(kind, { folder, number, when, reference, signal });
    expect(result).toMatchObject({ equal: true });
    expect(result["kills"]).toHaveLength(1 + (number % 2));
    expect(killsProblem([{ method, when, ...result }])).toBeUndefined();
    if (when === "while it starts") expect(result["kills"]).toMatchObject({ 0: { saved: "none" } });
  }, 120_000);
});

it("kills its training when the sitting is stopped", async () => {
  const stop = new AbortController();
  const out = join(folder, "stopped");
  const { end } = startTraining({ method: "simclr", data, out, steps: 100_000, saveEvery: 100_000, workers: 0 }, stop.signal);
  const isStopped = expect(end).rejects.toBe("enough");
  stop.abort("enough");
  // It is rejected when the process has ended.
  await isStopped;
  expect(() => startTraining({ method: "simclr", data, out, steps: 1, saveEvery: 1, workers: 0 }, stop.signal)).toThrow("enough");
}, 60_000);

describe("the table of kills", () => {
  const kill = { saved: "step-00000003", half: true, resumed: "step-00000003" };
  const training = { method: "mae", when: "at random", workers: "0 → 2", kills: [kill], equal: true };

  it("counts by method and moment", () => {
    const again = { ...training, kills: [{ saved: "none", half: false, resumed: "not said" }, kill] };
    expect(killsTable([training, again, { ...training, when: "in a save", equal: false }])).toBe(
      [
        "| method | killed | trainings | once more in the resume | kills in all | before the first save | with a half-written checkpoint | lost a whole checkpoint | trainings in the end equal byte for byte |",
        "|---|---|---|---|---|---|---|---|---|",
        "| mae | at random | 2 | 1 | 3 | 1 | 2 | 0 | 2 |",
        "| mae | in a save | 1 | 0 | 1 | 0 | 1 | 0 | 0 |",
        "",
      ].join("\n"),
    );
  });

  it("fails where bytes differ or a whole checkpoint is not found again, by the first resume or the second", () => {
    const lost = { ...kill, resumed: "none" };
    expect(killsProblem([training])).toBeUndefined();
    expect(killsProblem([training, { ...training, equal: false }])).toMatch(/^1 of 2 trainings did not recover/);
    for (const kills of [[lost], [lost, kill], [kill, lost]]) expect(killsProblem([{ ...training, kills }])).toMatch(/^1 of 1 trainings did not recover/);
    expect(killsTable([{ ...training, kills: [lost, kill] }])).toContain("| 2 | 0 | 2 | 1 | 1 |");
  });
});
