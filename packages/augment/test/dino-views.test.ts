import { createRandom } from "@ssl-vit/core";
import { describe, expect, it } from "vitest";
import { checkViewPolicy, dinoViews, type DinoViewOptions, renderView } from "../src/index.js";

const options: DinoViewOptions = { globalSize: 24, localSize: 12, localViews: 3, globalScale: [0.4, 1], localScale: [0.05, 0.4] };

describe("dinoViews as in main_dino.py", () => {
  const [first, second, local] = dinoViews(options).groups;

  it("cuts two global views and small local ones that differ in crop, blur and solarizing alone", () => {
    const common = [
      { kind: "horizontalFlip", probability: 0.5 },
      { kind: "colorJitter", brightness: 0.4, contrast: 0.4, saturation: 0.2, hue: 0.1, probability: 0.8 },
      { kind: "grayscale", probability: 0.2 },
    ];
    const crop = (scale: readonly [number, number]) => ({ kind: "randomResizedCrop", scale, interpolation: "bicubic" });
    const blur = (probability: number) => ({ kind: "gaussianBlur", sigma: [0.1, 2], probability });
    expect(first).toEqual({ name: "global", count: 1, size: 24, operations: [crop([0.4, 1]), ...common, blur(1)] });
    const solarize = { kind: "solarize", threshold: 128, probability: 0.2 };
    expect(second).toEqual({ name: "global", count: 1, size: 24, operations: [crop([0.4, 1]), ...common, blur(0.1), solarize] });
    expect(local).toEqual({ name: "local", count: 3, size: 12, operations: [crop([0.05, 0.4]), ...common, blur(0.5)] });
  });

  it("blurs as often as it is told, and not at all at 0", () => {
    const blurs = dinoViews({ ...options, blur: [0, 0.9, 0.25] }).groups.map(({ operations }) => operations.filter(({ kind }) => kind === "gaussianBlur"));
    expect(blurs).toEqual([[], [{ kind: "gaussianBlur", sigma: [0.1, 2], probability: 0.9 }], [{ kind: "gaussianBlur", sigma: [0.1, 2], probability: 0.25 }]]);
  });

  it("can do without local views", () => {
    expect(dinoViews({ ...options, localViews: 0 }).groups).toEqual([first, second]);
  });

  it("is a policy that can be carried out", () => {
    checkViewPolicy(dinoViews(options));
    const image = { width: 40, height: 30, channels: 3, data: new Uint8Array(40 * 30 * 3).fill(90) } as const;
    expect(renderView(image, local!, createRandom(0).derive("view"))).toMatchObject({ width: 12, height: 12, channels: 3 });
  });
});
