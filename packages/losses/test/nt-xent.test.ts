import { type Collective, ConfigError, createRandom, type Float, ShapeError } from "@ssl-vit/core";
import { expectNoLeaks } from "@ssl-vit/testing";
import { add, concat, div, grads, keep, mul, tensor2d, type Tensor, tidy } from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { ntXent, type NtXentOptions } from "../src/index.js";
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

  it("makes two processes with B images each equal to one with 2B, gradients included", () => {
    const options = { temperature: 0.3 };
    const shards = ["a0", "a1", "b0", "b1"].map((name) => embeddings(name)) as [Float<"B D">, Float<"B D">, Float<"B D">, Float<"B D">];

    const oneProcess = (...[a0, a1, b0, b1]: Tensor[]): Tensor => ntXent(concat([a0!, b0!]) as Float<"B D">, concat([a1!, b1!]) as Float<"B D">, options);
    const twoProcesses = (...[a0, a1, b0, b1]: Tensor[]): Tensor => {
      // A dry run of each process tells what it sends; in the run that counts, each receives what both sent.
      const sent: Tensor[] = [];
      const run = (rank: number, allGather: Collective["allGather"]): Tensor => {
        const [z0, z1] = (rank === 0 ? [a0, a1] : [b0, b1]) as [Float<"B D">, Float<"B D">];
        return ntXent(z0, z1, { ...options, collective: { rank, size: 2, allGather, allReduce: (tensor) => tensor } });
      };
      for (const rank of [0, 1]) run(rank, (rows) => (sent.push(keep(rows.clone())), concat([rows, rows])));
      const losses = [0, 1].map((rank) => run(rank, () => concat(sent) as never));
      return div(add(losses[0]!, losses[1]!), 2);
    };

    expect(twoProcesses(...shards)).toBeAllClose(oneProcess(...shards));
    const expected = grads(oneProcess)(shards);
    for (const [index, gradient] of grads(twoProcesses)(shards).entries()) expect(gradient).toBeAllClose(expected[index]!);
  });

  it("refuses views of different shapes and temperatures that are not above 0", () => {
    const z0 = embeddings("z0");
    expect(() => ntXent(z0, embeddings("z1", 2), { temperature: 0.1 })).toThrow(ShapeError);
    expect(() => ntXent(z0, embeddings("z1", 2), { temperature: 0.1 })).toThrow("[@ssl-vit/losses] z1: expected shape [3, 4], received [2, 4].");
    for (const temperature of [0, -1, NaN, Infinity]) expect(() => ntXent(z0, z0, { temperature })).toThrow(ConfigError);
  });

  it("leaves no tensor behind, with and without gradients", async () => {
    const [z0, z1] = [embeddings("z0"), embeddings("z1")];
    const loss = (a: Tensor, b: Tensor): Tensor => ntXent(a as Float<"B D">, b as Float<"B D">, { temperature: 0.1 });
    await expectNoLeaks(() => { loss(z0, z1).dispose(); });
    await expectNoLeaks(() => { for (const gradient of grads(loss)([z0, z1])) gradient.dispose(); });
    expect(tidy(() => loss(z0, z1).shape)).toEqual([]);
  });
});
