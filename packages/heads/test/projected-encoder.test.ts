import { createRandom, type Encoder, type Float, type ForwardContext, singleProcess } from "@ssl-vit/core";
import { expectNoLeaks } from "@ssl-vit/testing";
import { concat, dispose, reshape, tensor4d, transpose, variable, zeros } from "@tensorflow/tfjs-core";
import { describe, expect, test } from "vitest";
import { createMlpHead, projectedEncoder } from "../src/index.js";

const context: ForwardContext = { training: true, random: createRandom(0), collective: singleProcess };

/** Features are the pixels: what comes out is the projector's. */
const encoder = {
  layout: { hasClsToken: true },
  parameters: { cls_token: variable(zeros([1])) },
  buffers: {},
  encodeCls: (images: Parameters<Encoder["encode"]>[0]) => reshape(images, [images.shape[0], -1]),
} as unknown as Encoder;

const views = [0, 1].map((view) => tensor4d(createRandom(1).derive(view).normals(8), [4, 1, 2, 1])) as unknown as Parameters<
  ReturnType<typeof projectedEncoder>["projectPair"]
>[0];

describe("projectedEncoder", () => {
  const projector = createMlpHead(createRandom(2), {
    dims: [2, 5, 3],
    hiddenBias: false,
    hiddenNorm: true,
    activation: "relu",
    outputBias: false,
    outputNorm: "plain",
  });
  const network = projectedEncoder(encoder, projector);

  test("names the parameters of both", () => {
    expect(Object.keys(network.parameters)).toEqual(["encoder.cls_token", "projector.0.weight", "projector.0.norm.weight", "projector.0.norm.bias", "projector.1.weight"]);
    expect(Object.keys(network.buffers)).toHaveLength(4);
  });

  test("tells the encoder which views a group is of, so that each drops samples of its own", () => {
    const seen: (number | undefined)[] = [];
    const telling: Encoder = {
      ...encoder,
      encodeCls: (images, given) => {
        seen.push(given?.firstView);
        return encoder.encodeCls!(images, given);
      },
    };
    const [first, second] = views;
    projectedEncoder(telling, projector).projectGroups([[first, second], [], [first], [second]], context).dispose();
    expect(seen).toEqual([0, 2, 3]);
  });

  test("normalises each view by its own statistics", () => {
    const pair = network.projectPair(views, context);
    for (const [index, images] of views.entries()) {
      const alone = projector.apply(reshape(images, [4, 2]), context);
      expect(pair[index]!).toBeAllClose(alone, { absolute: 0, relative: 0 });
      dispose([alone, pair[index]!]);
    }
  });

  test("projects groups of views together, group after group, each of its own size", () => {
    const upright = transpose(views[0], [0, 2, 1, 3]); // another shape, the same pixels
    const together = projector.apply(concat<Float<"B D">>([reshape(views[1], [4, 2]), reshape(views[0], [4, 2])]), context);
    const projected = network.projectGroups([[views[1]], [], [upright]], context);
    expect(projected).toBeAllClose(together, { absolute: 0, relative: 0 });
    dispose([upright, together, projected]);
  });

  test("leaves no tensor behind", async () => {
    await expectNoLeaks(() => {
      dispose([...network.projectPair(views, context), network.projectGroups([views, []], context)]);
    });
  });
});
