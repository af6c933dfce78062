import { beforeAll, describe, expect, it } from "vitest";
import { script } from "./in-process.js";

interface Digest {
  readonly instructions: string;
  readonly threads: number;
  readonly precision: string;
  readonly digest: string;
  readonly worst: number;
}

let run: (environment: Record<string, string>) => Digest;
beforeAll(async () => {
  run = (await script("digest-script")) as typeof run;
});

const levels = ["avx512bf16", "avx512", "avx2", "portable"];
/** The level alone multiplies in bfloat16, so only there the precision makes a difference. */
const calls = [...levels.map((level) => ({ level, precision: "float32" })), { level: "avx512bf16", precision: "bfloat16" }];

describe("the number of threads", () => {
  it.for(calls)("changes no byte in $precision with $level instructions", ({ level, precision }, { skip }) => {
    const { instructions } = run({ SSL_VIT_CPU: level });
    skip(instructions !== level, `this processor has no ${level}, but ${instructions}`);
    const digests = [1, 2, 3, 5].map((threads) => {
      const result = run({ SSL_VIT_THREADS: String(threads), PRECISION: precision, SSL_VIT_CPU: level });
      expect(result).toMatchObject({ threads, precision, instructions: level });
      return result.digest;
    });
    expect(new Set(digests).size).toBe(1);
  });

  it("is all cores when the variable is no number", () => {
    expect(run({ SSL_VIT_THREADS: "many" }).threads).toBeGreaterThan(0);
  });
});

describe("the instructions", () => {
  it.each(["avx512", "avx2", "portable"])("%s or a lower path gives the float32 product", (instructions) => {
    const result = run({ SSL_VIT_CPU: instructions, PRECISION: "bfloat16" });
    expect(["avx512", "avx2", "portable"].slice(["avx512", "avx2", "portable"].indexOf(instructions))).toContain(result.instructions);
    // These paths have no bfloat16 products: asked for, they stay at float32.
    expect(result.precision).toBe("float32");
    expect(result.worst).toBeLessThan(2e-4);
  });

  it("bfloat16 products are rounded where there are any, and only there", () => {
    const result = run({ SSL_VIT_CPU: "avx512bf16", PRECISION: "bfloat16" });
    if (result.instructions === "avx512bf16") {
      expect(result.precision).toBe("bfloat16");
      expect(result.worst).toBeGreaterThan(2e-3);
      expect(result.worst).toBeLessThan(0.4);
    } else expect(result.precision).toBe("float32");
  });
});
