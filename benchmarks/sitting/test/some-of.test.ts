import { expect, test } from "vitest";
import { someOf } from "../some-of.js";

test("names of an option are those that are known, each once; for another the nearest is told", () => {
  const parse = someOf(["tiny", "small", "huge"]);
  expect(parse("small,tiny,small,")).toEqual(["small", "tiny"]);
  expect(() => parse("tiny,huuge")).toThrow('Expected some of tiny, small, huge, received "huuge". Did you mean "huge"?');
  expect(() => parse("gigantic")).toThrow(/received "gigantic"\.$/);
  expect(() => parse(",")).toThrow("Expected some of tiny, small, huge, received none.");
});
