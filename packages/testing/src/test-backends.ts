import { getBackend } from "@tensorflow/tfjs-core";

/**
 * The tfjs backends that a test of every backend runs on: the given ones, or, where the environment variable SSL_VIT_TEST_ENGINE names
 * an engine, that engine's alone. Call it while the test file loads: the engine's backend is the current one then.
 */
export const testBackends = (...usual: readonly string[]): readonly string[] =>
  process.env["SSL_VIT_TEST_ENGINE"] === undefined ? usual : [getBackend()];
