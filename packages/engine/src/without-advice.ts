import { env } from "@tensorflow/tfjs-core";

/**
 * Runs something while tfjs keeps its advice to itself: to install tfjs-node, and, where a package brings a second copy of tfjs, a line for
 * each kernel that both copies register. What an engine costs and gains is the engine report's matter.
 */
export async function withoutAdvice<Result>(run: () => Promise<Result>): Promise<Result> {
  const production = env().getBool("PROD");
  env().set("PROD", true);
  try {
    return await run();
  } finally {
    env().set("PROD", production);
  }
}
