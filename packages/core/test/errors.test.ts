import { tensor2d } from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { assertShape, ConfigError, nearest, problemMessage, ShapeError, systemReason } from "../src/index.js";

describe("errors", () => {
  it("say package, argument, both shapes and the fix", () => {
    const scores = tensor2d([[1, 2, 3]]);
    const check = (): void => {
      assertShape("losses", "teacher", scores, [-1, 4], "Both heads need the same number of prototypes.");
    };
    expect(check).toThrow("[@ssl-vit/losses] teacher: expected shape [-1, 4], received [1, 3]. Both heads need the same number of prototypes.");
    try {
      check();
    } catch (error) {
      expect(ShapeError.isInstance(error)).toBe(true);
      expect(ConfigError.isInstance(error)).toBe(false);
    }
    expect(() => { assertShape("losses", "teacher", scores, [-1, 3]); }).not.toThrow();
    expect(() => { assertShape("losses", "teacher", scores, [1, 3, 1]); }).toThrow(ShapeError);
    scores.dispose();
  });

  it("are recognised across copies of the package, by marker", () => {
    const foreign = { [Symbol.for("ssl-vit.ConfigError")]: true };
    expect(ConfigError.isInstance(foreign)).toBe(true);
    expect(ConfigError.isInstance(new Error("no"))).toBe(false);
    expect(ConfigError.isInstance(null)).toBe(false);
  });

  it("tell why the system refused, without the path", () => {
    expect(systemReason(new Error("ENOENT: no such file or directory, open '/a, b/c'"))).toBe("ENOENT: no such file or directory");
    expect(systemReason(new Error("EISDIR: illegal operation on a directory, read"))).toBe("EISDIR: illegal operation on a directory");
    expect(systemReason(new Error("Expected ',', got 'x'"))).toBe("Expected ',', got 'x'");
    expect(systemReason("no error")).toBe("no error");
  });

  it("keep a foreign scope", () => {
    expect(problemMessage({ package: "@someone/method", what: "x", expected: "1", received: "2" })).toBe("[@someone/method] x: expected 1, received 2.");
  });
});

describe("nearest", () => {
  it.each([
    ["prototype", "prototypes"],
    ["Temperatur", "temperature"],
    ["zzz", undefined],
  ])("%s → %s", (name, expected) => {
    expect(nearest(name, ["prototypes", "temperature", "centerMomentum"])).toBe(expected);
  });
});
