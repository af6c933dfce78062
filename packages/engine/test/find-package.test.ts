import { expect, test } from "vitest";
import { findPackage } from "../src/find-package.js";

test("finds an installed package with its version, and nothing for one that is not there", () => {
  const found = findPackage("@tensorflow/tfjs-backend-wasm");
  expect(found?.entry).toMatch(/^file:.*tfjs-backend-wasm\/dist\//);
  expect(found?.version).toMatch(/^4\.\d+\.\d+$/);
  expect(findPackage("@ssl-vit/no-such-package")).toBeUndefined();
});
