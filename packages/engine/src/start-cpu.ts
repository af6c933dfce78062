import { env } from "@tensorflow/tfjs-core";
import { startBackend } from "./start-backend.js";

/** Starts the plain JavaScript backend without its advertisement. */
export async function startCpu(): Promise<void> {
  // With its first tensor this backend advises people to install tfjs-node; PROD silences tfjs. Advice is the engine report's matter.
  const production = env().getBool("PROD");
  env().set("PROD", true);
  try {
    await startBackend("cpu");
  } finally {
    env().set("PROD", production);
  }
}
