import { ConfigError, createRandom, type ImageOperation, type ViewGroup } from "@ssl-vit/core";
import { describe, expect, it } from "vitest";
import { type RawImage, renderView } from "../src/index.js";
import { goldenInput } from "./golden-images.js";
import { sameValues } from "./same-values.js";

const image = goldenInput("rgb");
const random = createRandom(5);
const crop = { kind: "randomResizedCrop", scale: [0.2, 1], shared: true } as const satisfies ImageOperation;
const flip = { kind: "horizontalFlip", probability: 0.5, shared: true } as const satisfies ImageOperation;

/** The views of one image under some groups, each with a stream of its own. */
function viewsOf(groups: readonly (readonly ImageOperation[])[], size: number, index: number): RawImage[] {
  const stream = random.derive(index);
  const ofGroup = (operations: readonly ImageOperation[], position: number): RawImage => {
    const group: ViewGroup = { name: "global", count: 1, size, operations };
    return renderView(image, group, stream.derive(position), stream.derive("shared"));
  };
  return groups.map(ofGroup);
}

/** Upper left corners at which a view lies in a larger one. */
function placesOf(view: RawImage, whole: RawImage): string[] {
  const places: string[] = [];
  for (let top = 0; top + view.height <= whole.height; top++) {
    for (let left = 0; left + view.width <= whole.width; left++) {
      const isThere = Array.from({ length: view.height }, (_, y) => y).every((y) => {
        const start = ((top + y) * whole.width + left) * whole.channels;
        const length = view.width * view.channels;
        return sameValues(whole.data.subarray(start, start + length), view.data.subarray(y * length, (y + 1) * length));
      });
      if (isThere) places.push(`${left} ${top}`);
    }
  }
  return places;
}

describe("shared operations", () => {
  it("cut the same part and mirror alike in all views of an image, whatever else the views do", () => {
    const results = Array.from({ length: 30 }, (_, index) => viewsOf([[crop, flip], [crop, { kind: "grayscale", probability: 0 }, flip]], 24, index));
    for (const [first, second] of results) expect(second).toEqual(first);
    expect(new Set(results.map(([first]) => Buffer.from(first!.data).toString("hex"))).size).toBe(30);
  });

  it("leave operations that are not shared to the view", () => {
    const own: ImageOperation = { kind: "solarize", probability: 0.5 };
    const equal = Array.from({ length: 64 }, (_, index) => viewsOf([[crop, own], [crop, own]], 24, index)).filter(([a, b]) => sameValues(a!.data, b!.data));
    expect(equal.length).toBeGreaterThan(0);
    expect(equal.length).toBeLessThan(64);
  });

  it("differ between the views when they are not shared", () => {
    const [first, second] = viewsOf([[{ ...crop, shared: false }], [{ ...crop, shared: false }]], 24, 0);
    expect(second).not.toEqual(first);
  });

  it("draw from the view's own stream where there is none of the image", () => {
    const group: ViewGroup = { name: "global", count: 1, size: 24, operations: [crop, flip] };
    const operations: ImageOperation[] = [{ ...crop, shared: false }, { ...flip, shared: false }];
    expect(renderView(image, group, random)).toEqual(renderView(image, { ...group, operations }, random));
  });
});

describe("shiftedCrop", () => {
  const larger = { ...crop, size: 24 };

  it("gives two views of one crop whose pixels are the same up to a shift of whole pixels", () => {
    const seen = new Set<string>();
    for (let index = 0; index < 200; index++) {
      const [still, shifted] = viewsOf([[larger, flip, { kind: "shiftedCrop", maxShift: 0 }], [larger, flip, { kind: "shiftedCrop", maxShift: 4 }]], 20, index);
      const [whole] = viewsOf([[larger, flip]], 24, index);
      expect(placesOf(still!, whole!)).toContain("0 0");
      const places = placesOf(shifted!, whole!);
      expect(places.length).toBeGreaterThan(0);
      places.forEach((place) => seen.add(place));
    }
    // Each of the 25 shifts is missed by 200 draws once in 3500 times; no other is possible.
    expect([...seen].sort()).toEqual(Array.from({ length: 25 }, (_, place) => `${Math.floor(place / 5)} ${place % 5}`));
  });

  it("refuses an image that the largest shift would leave", () => {
    const render = (): RawImage[] => viewsOf([[crop, { kind: "shiftedCrop", maxShift: 4 }]], 20, 0);
    expect(render).toThrow(ConfigError);
    expect(render).toThrow(
      "[@ssl-vit/augment] shiftedCrop: expected an image of at least 24 x 24 pixels, a view of 20 and 4 to shift, received 20 x 20 (width x height). Put a randomResizedCrop before it whose size is as large.",
    );
  });
});
