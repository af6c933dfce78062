import { startBackend } from "./start-backend.js";
import { withoutAdvice } from "./without-advice.js";

/** Starts the plain JavaScript backend without its advertisement, which it prints with its first tensor. */
export const startCpu = (): Promise<void> => withoutAdvice(() => startBackend("cpu"));
