import { createRandom, type ImageOperation, type ViewGroup } from "@ssl-vit/core";
import { describe, expect, it } from "vitest";
import { evaluationViews, type RawImage, renderView } from "../src/index.js";
import { goldenImages, goldenInput } from "./golden-images.js";
import { sameValues } from "./same-values.js";

const random = createRandom(3);
const group = (operations: readonly ImageOperation[], size = 24): ViewGroup => ({ name: "global", count: 1, size, operations });

const crop: ImageOperation = { kind: "randomResizedCrop", scale: [0.2, 1] };
const flip: ImageOperation = { kind: "horizontalFlip", probability: 0.5 };
const everything: readonly ImageOperation[] = [
  crop,
  flip,
  { kind: "colorJitter", brightness: 0.4, contrast: 0.4, saturation: 0.2, hue: 0.1 },
  { kind: "grayscale", probability: 0.2 },
  { kind: "gaussianBlur", sigma: [0.1, 2] },
  { kind: "solarize" },
];

describe("renderView", () => {
  it.each(["rgb", "gray"] as const)("carries out every operation on a %s image and leaves the image alone", (name) => {
    const image = goldenInput(name);
    const view = renderView(image, group(everything), random);
    expect(view).toMatchObject({ width: 24, height: 24, channels: image.channels });
    expect(view.data.length).toBe(24 * 24 * image.channels);
    expect(image).toEqual(goldenInput(name));
  });

  it("gives the same view for the same stream and another one for another", () => {
    const image = goldenInput("rgb");
    expect(renderView(image, group(everything), random.derive(1))).toEqual(renderView(image, group(everything), random.derive(1)));
    expect(renderView(image, group(everything), random.derive(1))).not.toEqual(renderView(image, group(everything), random.derive(2)));
  });

  it("keeps an operation's draws when others change, go or come", () => {
    const image = goldenInput("rgb");
    const gentle: ImageOperation = { kind: "colorJitter", brightness: 0, contrast: 0, saturation: 0, hue: 0 };
    for (let index = 0; index < 20; index++) {
      const stream = random.derive(index);
      const alone = renderView(image, group([crop, flip]), stream);
      expect(renderView(image, group([crop, { kind: "solarize", probability: 0 }, gentle, flip]), stream)).toEqual(alone);
    }
  });

  it("draws anew for the same operation a second time", () => {
    const flips = Array.from({ length: 64 }, (_, index) => renderView(goldenInput("rgb"), group([{ kind: "resize" }, flip, flip]), random.derive(index)));
    const plain = renderView(goldenInput("rgb"), group([{ kind: "resize" }]), random);
    const same = flips.filter((view) => sameValues(view.data, plain.data)).length;
    expect(same).toBeGreaterThan(0);
    expect(same).toBeLessThan(64);
  });

  it("applies an operation with its probability", () => {
    const dot: RawImage = { width: 1, height: 1, channels: 1, data: Uint8Array.of(200) };
    const trials = 4000;
    let inverted = 0;
    for (let index = 0; index < trials; index++) {
      inverted += renderView(dot, group([{ kind: "solarize", probability: 0.2 }], 1), random.derive(index)).data[0] === 55 ? 1 : 0;
    }
    // Five standard deviations of the binomial distribution: wrong for one seed in 1.7 million.
    expect(Math.abs(inverted - 0.2 * trials)).toBeLessThan(5 * Math.sqrt(trials * 0.2 * 0.8));
  });

  it("leaves a grey image to brightness and contrast", () => {
    const image = goldenInput("gray");
    const color: ImageOperation = { kind: "colorJitter", brightness: 0, contrast: 0, saturation: 0.9, hue: 0.5 };
    const plain = renderView(image, group([{ kind: "resize" }]), random);
    expect(renderView(image, group([{ kind: "resize" }, color, { kind: "grayscale" }]), random)).toEqual(plain);
  });

  it("says which group does not end at its size", () => {
    expect(() => renderView(goldenInput("rgb"), group([flip]), random)).toThrow(
      '[@ssl-vit/augment] views "global": expected images of 24 x 24 pixels after the operations, received 33 x 26 (width x height).',
    );
  });
});

describe("evaluationViews", () => {
  it("cuts the middle as torchvision does", () => {
    for (const { image, options, output } of goldenImages("centerCrop")) {
      const { groups } = evaluationViews({ imageSize: options.size, cropRatio: options.cropRatio });
      expect(renderView(image, groups[0]!, random)).toEqual(output);
    }
  });
});
