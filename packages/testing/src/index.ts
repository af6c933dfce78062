export { expectNoLeaks } from "./expect-no-leaks.js";
export { goldenCases, sharedPath, type GoldenArray, type GoldenCase } from "./golden.js";
export type { Tolerance } from "./matchers.js";
export { nativeWhereBuilt } from "./native-where-built.js";
export { onRanks } from "./on-ranks.js";
export { testBackends } from "./test-backends.js";
export { randomBatch, stepContext, testMethod, type MethodUnderTest } from "./test-method.js";
export { testGoldenStep } from "./test-golden-step.js";
export { useBackend } from "./use-backend.js";
