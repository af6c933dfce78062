import { ConfigError, createRandom, type Float, ShapeError } from "@ssl-vit/core";
import { expectNoLeaks, onRanks } from "@ssl-vit/testing";
import { add, grads, mul, slice, tensor2d, type Tensor, tidy } from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { ntXent, type NtXentOptions } from "../src/index.js";
import { expectSameOnRanks } from "./expect-same-on-ranks.js";
import { describeGolden } from "./golden-suite.js";

const random = createRandom(3);
const embeddings = (name: string, batch = 3, dim = 4): Float<"B D"> => tensor2d(random.derive(name).normals(batch * dim), [batch, dim]);

describeGolden("ntXent", ([z0, z1], options: NtXentOptions) => ntXent(z0 as Float<"B D">, z1 as Float<"B D">, options));

describe("ntXent", () => {
  it("does not depend on the length of an embedding", () => {
    const [z0, z1] = [embeddings("z0"), embeddings("z1")];
    expect(ntXent(mul(z0, 7), z1, { temperature: 0.2 })).toBeAllClose(ntXent(z0, z1, { temperature: 0.2 }));
  });

  it("is ln(2B − 1) where all embeddings are the same", () => {
    const same = tensor2d(Array.from({ length: 5 }, () => [1, 2, 3]));
    expect(ntXent(same, same, { temperature: 0.1 })).toBeAllClose([Math.log(9)]);
  });

  it("is the same on several processes as on one with the whole batch", () => {
    expectSameOnRanks({
      loss: ([z0, z1], collective) => ntXent(z0 as Float<"B D">, z1 as Float<"B D">, { temperature: 0.3, collective }),
      inputs: [embeddings("z0", 6), embeddings("z1", 6)],
    });
  });

  it("refuses views of different shapes and temperatures that are not above 0", () => {
    const z0 = embeddings("z0");
    expect(() => ntXent(z0, embeddings("z1", 2), { temperature: 0.1 })).toThrow(ShapeError);
    expect(() => ntXent(z0, embeddings("z1", 2), { temperature: 0.1 })).toThrow("[@ssl-vit/losses] z1: expected shape [3, 4], received [2, 4].");
    for (const temperature of [0, -1, NaN, Infinity]) expect(() => ntXent(z0, z0, { temperature })).toThrow(ConfigError);
  });

  it("refuses a batch of one image, which has no negative, and takes one on each of two processes", () => {
    const [z0, z1] = [embeddings("z0", 2), embeddings("z1", 2)];
    const first = (rows: Float<"B D">): Float<"B D"> => slice(rows, 0, 1);
    expect(() => ntXent(first(z0), first(z1), { temperature: 0.1 })).toThrow(ShapeError);
    expect(() => ntXent(first(z0), first(z1), { temperature: 0.1 })).toThrow("[@ssl-vit/losses] z0: expected at least 2 rows, received [1, 4].");
    const [a, b] = onRanks(2, (collective) => ntXent(slice(z0, collective.rank, 1), slice(z1, collective.rank, 1), { temperature: 0.1, collective }));
    expect(mul(add(a!, b!), 0.5)).toBeAllClose(ntXent(z0, z1, { temperature: 0.1 }));
  });

  it("leaves no tensor behind, with and without gradients", async () => {
    const [z0, z1] = [embeddings("z0"), embeddings("z1")];
    const loss = (a: Tensor, b: Tensor): Tensor => ntXent(a as Float<"B D">, b as Float<"B D">, { temperature: 0.1 });
    await expectNoLeaks(() => { loss(z0, z1).dispose(); });
    await expectNoLeaks(() => { for (const gradient of grads(loss)([z0, z1])) gradient.dispose(); });
    expect(tidy(() => loss(z0, z1).shape)).toEqual([]);
  });
});
