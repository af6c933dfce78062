// All tests of this package, or a plain word that they are skipped where the addon could not be built.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL("..", import.meta.url));
if (!existsSync(`${folder}addon/backend-native.node`)) {
  process.stderr.write("SKIPPED: the addon is not built (no cargo?), so the tests of @ssl-vit/backend-native do not run.\n");
} else {
  const commands = [
    ["vitest", "run", "--config", "../../vitest.config.ts", "--root", "."],
    ["node", "scripts/tfjs-suite.js"],
  ];
  for (const [command, ...parameters] of commands) {
    const { status } = spawnSync(command, parameters, { cwd: folder, stdio: "inherit", shell: process.platform === "win32" });
    if (status !== 0) process.exit(status ?? 1);
  }
}
