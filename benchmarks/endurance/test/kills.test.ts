import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { killOnce, killsProblem, killsTable, undisturbed } from "../kills.js";
import { drawPictures } from "../pictures.js";

// The short form of `bench:endurance kills`: real processes of the built command, really killed.
const folder = mkdtempSync(join(tmpdir(), "ssl-vit-kills-test-"));
const data = join(folder, "pictures");
beforeAll(() => drawPictures(data, 48));
afterAll(() => { rmSync(folder, { recursive: true, force: true }); });

describe.each(["simclr", "ijepa"])("%s, killed with -9 and resumed with another number of data threads", (method) => {
  it.each([
    ["at random", { steps: 12, saveEvery: 2 }],
    ["in a save", { steps: 4, saveEvery: 1, more: ["model.embedDim=192", "model.depth=4"] }],
  ] as const)("%s, ends with the undisturbed run's bytes", async (when, settings) => {
    const kind = { method, data, ...settings };
    const reference = await undisturbed(kind, mkdtempSync(join(folder, "reference-")));
    const result = await killOnce(kind, { folder, number: 1, when, reference });
    expect(result).toMatchObject({ equal: true, resumed: result["saved"] as string });
  }, 120_000);
});

describe("the table of kills", () => {
  const turn = { method: "mae", when: "at random", workers: "0 → 2", saved: "step-00000003", half: true, resumed: "step-00000003", equal: true };

  it("counts by method and moment", () => {
    expect(killsTable([turn, { ...turn, half: false, saved: "none", resumed: "none" }, { ...turn, when: "in a save" }])).toBe(
      [
        "| method | killed | kills | before the first save | with a half-written checkpoint | lost a whole checkpoint | in the end equal byte for byte |",
        "|---|---|---|---|---|---|---|",
        "| mae | at random | 2 | 1 | 1 | 0 | 2 |",
        "| mae | in a save | 1 | 0 | 1 | 0 | 1 |",
        "",
      ].join("\n"),
    );
  });

  it("fails where bytes differ or a whole checkpoint is not found again", () => {
    expect(killsProblem([turn])).toBeUndefined();
    expect(killsProblem([turn, { ...turn, equal: false }])).toMatch(/^1 of 2 kills were not undone/);
    expect(killsProblem([{ ...turn, resumed: "none" }])).toMatch(/^1 of 1 kills were not undone/);
  });
});
