// Loaded into every Node process of scripts/sanitize.js: puts the sanitized addon in the built one's place, and notes that it was asked for.
import { appendFileSync, readFileSync } from "node:fs";
import Module from "node:module";

const { SANITIZED_ADDON, SANITIZED_LOADS } = process.env;
const resolve = Module._resolveFilename;
Module._resolveFilename = function (request, ...others) {
  if (!request.endsWith("addon/backend-native.node")) return resolve.call(this, request, ...others);
  if (!readFileSync("/proc/self/maps", "utf8").includes("libasan")) throw new Error("AddressSanitizer's runtime is not loaded");
  appendFileSync(SANITIZED_LOADS, `${process.pid}\n`);
  return SANITIZED_ADDON;
};
