import { type ImageOperation, imagenetNormalization, type ViewPolicy } from "@ssl-vit/core";
import { describe, expect, it } from "vitest";
import { checkViewPolicy, evaluationViews } from "../src/index.js";

const policyOf = (operation: unknown): ViewPolicy => ({
  groups: [{ name: "global", count: 2, size: 32, operations: [{ kind: "resize" }, operation as ImageOperation] }],
  normalize: imagenetNormalization,
});

describe("checkViewPolicy", () => {
  it("accepts every operation", () => {
    const operations: readonly ImageOperation[] = [
      { kind: "randomResizedCrop", scale: [0.08, 1], ratio: [1, 1], interpolation: "bilinear" },
      { kind: "randomResizedCrop", scale: [0.2, 1], size: 36, shared: true },
      { kind: "shiftedCrop", maxShift: 0 },
      { kind: "horizontalFlip", shared: false },
      { kind: "centerCrop", cropRatio: 0.875 },
      { kind: "horizontalFlip", probability: 0.5 },
      { kind: "colorJitter", brightness: 0.4, contrast: 0.4, saturation: 0.2, hue: 0.1, probability: 0.8 },
      { kind: "grayscale" },
      { kind: "gaussianBlur", sigma: [0.1, 2] },
      { kind: "solarize", threshold: 128, probability: 0 },
      { kind: "randomErasing" },
      { kind: "randomErasing", scale: [0.02, 0.2], ratio: [0.5, 2], fill: [124, 116, 103.5], probability: 0.25 },
      { kind: "randomErasing", fill: "noise" },
      { kind: "corruption", name: "fog", severity: 5, scale: "imagenet" },
    ];
    for (const operation of operations) checkViewPolicy(policyOf(operation));
    checkViewPolicy(evaluationViews({ imageSize: 32 }));
  });

  it.each([
    [{ kind: "gausianBlur", sigma: [1, 2] }, /operations\[1\]\.kind: expected one of .*, received "gausianBlur"\. Did you mean "gaussianBlur"\?/],
    [{ kind: "solarize", treshold: 3 }, /operations\[1\]\.treshold: expected an option of solarize, received "treshold"\. Did you mean "threshold"\?/],
    [{ kind: "gaussianBlur" }, /operations\[1\]\.sigma: expected \[minimum, maximum\].*, received nothing/],
    [{ kind: "gaussianBlur", sigma: [0, 2] }, /sigma: .*received \[0,2\]/],
    [{ kind: "randomResizedCrop", scale: [0.5, 0.2] }, /scale: .*received \[0\.5,0\.2\]/],
    [{ kind: "randomResizedCrop", scale: [0.5, 1.2] }, /scale: /],
    [{ kind: "colorJitter", brightness: 0, contrast: 0, saturation: 0, hue: 0.6 }, /hue: expected a number from 0 to 0\.5, received 0\.6/],
    [{ kind: "horizontalFlip", probability: 1.5 }, /probability: expected a number from 0 to 1, received 1\.5/],
    [{ kind: "randomResizedCrop", scale: [0.5, 1], size: 0 }, /size: expected an integer above 0, received 0/],
    [{ kind: "randomResizedCrop", scale: [0.5, 1], shared: "crop" }, /shared: expected true or false, received "crop"/],
    [{ kind: "shiftedCrop" }, /maxShift: expected an integer ≥ 0, received nothing/],
    [{ kind: "shiftedCrop", maxShift: 1.5 }, /maxShift: expected an integer ≥ 0, received 1\.5/],
    [{ kind: "randomErasing", fill: "noisy" }, /fill: expected a number from 0 to 255, a list of them, or "noise", received "noisy"/],
    [{ kind: "randomErasing", fill: 256 }, /fill: .*received 256/],
    [{ kind: "randomErasing", fill: [0, 0] }, /operations\[1\]\.fill: expected one number, or 3, one a channel, received \[0,0\]/],
    [{ kind: "randomErasing", scale: [0, 1] }, /scale: .*received \[0,1\]/],
    [{ kind: "randomErasing", value: 3 }, /value: expected an option of randomErasing, received "value"/],
    [{ kind: "corruption", name: "frost", severity: 1, scale: "cifar" }, /name: expected one of gaussian-noise, .*, received "frost"/],
    [{ kind: "corruption", name: "fog", severity: 0, scale: "cifar" }, /severity: expected a whole number from 1 to 5, received 0/],
    [{ kind: "corruption", name: "fog", severity: 1 }, /scale: expected "imagenet" or "cifar", received nothing/],
    [{ kind: "corruption", name: "fog", severity: 1, scale: "cifar", probability: 0.5 }, /probability: expected an option of corruption/],
    [{ kind: "grayscale", shared: true }, /shared: expected an option of grayscale, received "shared"/],
    [{ kind: "resize", interpolation: "lanczos" }, /interpolation: expected "bicubic" or "bilinear", received "lanczos"/],
  ])("refuses %j", (operation, message) => {
    expect(() => { checkViewPolicy(policyOf(operation)); }).toThrow(message);
  });

  it("refuses a corruption of colors for images without", () => {
    const policy = { ...policyOf({ kind: "corruption", name: "saturate", severity: 1, scale: "cifar" }), normalize: { mean: [0.5], std: [0.5] } };
    checkViewPolicy(policy, 3);
    expect(() => { checkViewPolicy(policy, 1); }).toThrow(/operations\[1\]\.name: expected a corruption of images with 1 channels, received "saturate"\. Only RGB has it\./);
  });

  it("refuses groups and statistics that cannot be", () => {
    const policy = policyOf({ kind: "resize" });
    const [group] = policy.groups;
    expect(() => { checkViewPolicy({ ...policy, groups: [] }); }).toThrow(/views\.groups: expected at least one group/);
    expect(() => { checkViewPolicy({ ...policy, groups: [{ ...group!, count: 0 }] }); }).toThrow(/groups\[0\]\.count: expected an integer above 0, received 0/);
    expect(() => { checkViewPolicy({ ...policy, groups: [{ ...group!, size: 1.5 }] }); }).toThrow(/groups\[0\]\.size/);
    expect(() => { checkViewPolicy({ ...policy, normalize: { mean: [0, 0], std: [1] } }); }).toThrow(/normalize\.mean: expected 1 or 3 numbers/);
    expect(() => { checkViewPolicy({ ...policy, normalize: { mean: [0], std: [0] } }); }).toThrow(/normalize\.std: expected numbers above 0/);
    expect(() => { checkViewPolicy({ ...policy, normalize: { mean: [0, 0], std: [1] } }, 1); }).toThrow(/normalize\.mean: expected 1 or 3 numbers/);
  });

  it("takes one number a channel, or one for all", () => {
    const policy = policyOf({ kind: "randomErasing", fill: [1, 2, 3, 4, 5] });
    checkViewPolicy({ ...policy, normalize: { mean: [0, 0, 0, 0, 0], std: [1] } }, 5);
    expect(() => { checkViewPolicy(policy, 5); }).toThrow(
      "[@ssl-vit/augment] views.normalize.mean: expected 1 or 5 numbers, received [0.485,0.456,0.406]. ssl-vit data inspect PATH prints them (--set views.mean=[…] views.std=[…]).",
    );
    expect(() => { checkViewPolicy(policy, 4); }).toThrow(/fill: expected one number, or 4, one a channel/);
  });
});
