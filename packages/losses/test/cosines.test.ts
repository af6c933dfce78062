import { ShapeError } from "@ssl-vit/core";
import { expectNoLeaks } from "@ssl-vit/testing";
import { tensor2d } from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { cosines } from "../src/index.js";
import { randomRows } from "./random-rows.js";

describe("cosines", () => {
  it("compares every row with every other one, whatever their lengths; a row of zeros is at right angles to all", () => {
    expect(cosines(tensor2d([[3, 4], [0, 0]]), tensor2d([[2, 0], [0, -1], [6, 8]]))).toBeAllClose([0.6, -0.8, 1, 0, 0, 0]);
  });

  it("leaves no tensor behind, and refuses rows of another width", async () => {
    const [rows, others] = [randomRows("rows"), randomRows("others", 4)];
    await expectNoLeaks(() => { cosines(rows, others).dispose(); });
    expect(() => cosines(rows, randomRows("others", 4, 3))).toThrow(ShapeError);
  });
});
