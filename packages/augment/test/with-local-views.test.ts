import type { EncoderLayout, ViewPolicy } from "@ssl-vit/core";
import { expect, it } from "vitest";
import { byolViews, checkViewPolicy, withLocalViews } from "../src/index.js";

const layout = { patchSize: 16 } as EncoderLayout;
const policy = byolViews({ imageSize: 224, cropScale: [0.08, 1] });

it("adds small crops with the operations of the last global view, SwAV's sizes unless told otherwise", () => {
  const views = withLocalViews(policy, layout, { localViews: 6 });
  expect(views.groups.slice(0, 2)).toEqual(policy.groups);
  const [crop, ...rest] = policy.groups[1]!.operations;
  expect(views.groups[2]).toEqual({ name: "local", count: 6, size: 96, operations: [{ ...crop, scale: [0.05, 0.14] }, ...rest] });
  expect(views.normalize).toEqual(policy.normalize);
  checkViewPolicy(views);
});

it("takes other sizes, of the global crops as well", () => {
  const views = withLocalViews(policy, layout, { localViews: 2, localSizeRatio: 0.5, localScale: [0.1, 0.3], globalScale: [0.3, 1] });
  const crops = views.groups.map(({ size, operations: [crop] }) => [size, crop]);
  expect(crops).toMatchObject([[224, { scale: [0.3, 1] }], [224, { scale: [0.3, 1] }], [112, { scale: [0.1, 0.3] }]]);
});

it.each<[string, ViewPolicy, number, string]>([
  ["no local view", policy, 0, "localViews: expected a whole number of at least 1, received 0."],
  ["local views twice", withLocalViews(policy, layout, { localViews: 1 }), 1, "expected a method without local views of its own, received global, global, local. Set the method's own localViews."],
  ["no crop", { ...policy, groups: [{ name: "global", count: 1, size: 224, operations: [{ kind: "resize" }] }] }, 1, "expected a method with global views that are random crops, received global."],
  ["no view", { ...policy, groups: [] }, 1, "received no view."],
])("refuses %s", (_, given, localViews, message) => {
  expect(() => withLocalViews(given, layout, { localViews })).toThrow(`[@ssl-vit/augment] localViews: `);
  expect(() => withLocalViews(given, layout, { localViews })).toThrow(message);
});
