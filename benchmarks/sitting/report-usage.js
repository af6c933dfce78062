// Preloaded into the command (`node --import`): at its end the processor time of all its threads and the most memory it had go to file descriptor 3.
import { writeSync } from "node:fs";
import { isMainThread } from "node:worker_threads";

// Worker threads preload this file as well.
if (isMainThread) {
  process.on("exit", () => {
    const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
    writeSync(3, JSON.stringify({ cpuSeconds: (userCPUTime + systemCPUTime) / 1e6, maxRssMb: maxRSS / 1024 }));
  });
}
