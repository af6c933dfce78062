import { disposeMethod } from "@ssl-vit/core";
import { testGoldenStep, testLocalViews, testMethod, testOnRanks } from "@ssl-vit/testing";
import { vit } from "@ssl-vit/vit";
import { describe, expect, it } from "vitest";
import { myMethod, type MyMethodConfig } from "../src/index.js";

const encoders = vit({ imageSize: 8, patchSize: 4, embedDim: 12, depth: 2, numHeads: 2 });
/** Drops half of the samples in its last block: by image and view, on whichever process. */
const dropping = vit({ imageSize: 8, patchSize: 4, embedDim: 12, depth: 2, numHeads: 2, dropPathRate: 0.5 });
const options: Partial<MyMethodConfig> = { hiddenDim: 10, outputDim: 7 };

testMethod(myMethod, { encoders, options });
testOnRanks(myMethod, { encoders: dropping, options });
testLocalViews(myMethod, { encoders, options, localSize: 4 });
testGoldenStep(myMethod, { encoders: vit, file: new URL("golden/step.json", import.meta.url) });

describe("options of my-method", () => {
  it("can leave the blur out", () => {
    const method = myMethod(encoders, { ...options, blur: false });
    expect(method.views.groups.flatMap(({ operations }) => operations).map(({ kind }) => kind)).not.toContain("gaussianBlur");
    disposeMethod(method);
  });

  it.each([
    [{ hiddenDim: 0 }, "hiddenDim: expected a whole number of at least 1, received 0."],
    [{ cropScale: [0.5, 2] as const }, "cropScale: expected two numbers with 0 < first ≤ second ≤ 1, received"],
  ])("refuses %j", (wrong, message) => {
    expect(() => myMethod(encoders, { ...options, ...wrong })).toThrow(message);
  });
});
