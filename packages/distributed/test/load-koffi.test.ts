import { expect, test } from "vitest";
import { loadKoffi } from "../src/load-koffi.js";

const failing = (message: string, code?: string) => () => {
  throw Object.assign(new Error(message), code === undefined ? {} : { code });
};

test("koffi, where it is installed, finds memory", () => {
  expect(loadKoffi().address(new Uint8Array(8))).toBeTypeOf("bigint");
});

test("says what to install where it is not there, and what the system lacks where it does not load", () => {
  expect(() => loadKoffi(failing("Cannot find module 'koffi'\nRequire stack: …", "MODULE_NOT_FOUND"))).toThrow(
    "[@ssl-vit/distributed] koffi: expected the package that calls MPI's functions, received nothing of that name. Run npm install koffi, where @ssl-vit/distributed or @ssl-vit/cli is installed.",
  );
  expect(() => loadKoffi(failing("version `GLIBC_2.99' not found", "ERR_DLOPEN_FAILED"))).toThrow("received version `GLIBC_2.99' not found. This system lacks what its binary needs.");
});
