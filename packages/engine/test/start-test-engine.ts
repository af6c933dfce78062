import { getBackend } from "@tensorflow/tfjs-core";
import { afterAll } from "vitest";
import { type EngineName, prepareEngine } from "../src/index.js";

// A set-up file of every package's tests (vitest.config.ts) while SSL_VIT_TEST_ENGINE names the engine to run them on.
await prepareEngine({ engine: process.env["SSL_VIT_TEST_ENGINE"] as EngineName });

const backend = getBackend();
afterAll(() => {
  if (getBackend() !== backend) throw new Error(`The tests of this file left the engine: expected the tfjs backend ${backend}, received ${getBackend()}.`);
});
