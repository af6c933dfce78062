import { createRandom } from "@ssl-vit/core";
import { describe, expect, it } from "vitest";
import { byolViews, checkViewPolicy, renderView } from "../src/index.js";

describe("byolViews as in table 6 of the paper", () => {
  const [first, second] = byolViews({ imageSize: 24, cropScale: [0.08, 1] }).groups;

  it("cuts two views that differ in blur and solarizing alone", () => {
    const common = [
      { kind: "randomResizedCrop", scale: [0.08, 1], interpolation: "bicubic" },
      { kind: "horizontalFlip", probability: 0.5 },
      { kind: "colorJitter", brightness: 0.4, contrast: 0.4, saturation: 0.2, hue: 0.1, probability: 0.8 },
      { kind: "grayscale", probability: 0.2 },
    ];
    const sigma = [0.1, 2];
    expect(first).toEqual({ name: "global", count: 1, size: 24, operations: [...common, { kind: "gaussianBlur", sigma, probability: 1 }] });
    const asymmetric = [{ kind: "gaussianBlur", sigma, probability: 0.1 }, { kind: "solarize", threshold: 128, probability: 0.2 }];
    expect(second).toEqual({ name: "global", count: 1, size: 24, operations: [...common, ...asymmetric] });
  });

  it("can leave the blur out", () => {
    const kinds = byolViews({ imageSize: 24, cropScale: [0.2, 1], blur: false }).groups.map(({ operations }) => operations.map(({ kind }) => kind));
    const common = ["randomResizedCrop", "horizontalFlip", "colorJitter", "grayscale"];
    expect(kinds).toEqual([common, [...common, "solarize"]]);
  });

  it("can resize as torchvision does when nothing is said", () => {
    const crops = byolViews({ imageSize: 24, cropScale: [0.08, 1], interpolation: "bilinear" }).groups.map(({ operations }) => operations[0]);
    expect(crops).toEqual([first, second].map((group) => ({ ...group!.operations[0], interpolation: "bilinear" })));
  });

  it("is a policy that can be carried out", () => {
    checkViewPolicy(byolViews({ imageSize: 24, cropScale: [0.08, 1] }));
    const image = { width: 40, height: 30, channels: 3, data: new Uint8Array(40 * 30 * 3).fill(90) } as const;
    expect(renderView(image, second!, createRandom(0).derive("view"))).toMatchObject({ width: 24, height: 24, channels: 3 });
  });
});
