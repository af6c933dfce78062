import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const bin = fileURLToPath(new URL("../bin/ssl-vit.js", import.meta.url));
const isBuilt = existsSync(new URL("../dist/index.js", import.meta.url));
if (!isBuilt) process.stderr.write("SKIPPED the installed command: packages/cli/dist is missing. `pnpm run build` makes it.\n");

it.runIf(isBuilt)("goes on when the reader of its output leaves (`ssl-vit … | head`)", async () => {
  const command = spawn(process.execPath, [bin, "list", "methods", "--json"], { stdio: ["ignore", "pipe", "pipe"] });
  command.stdout.destroy();
  let complaints = "";
  command.stderr.on("data", (text) => {
    complaints += String(text);
  });
  const code = await new Promise((resolve) => command.on("close", resolve));
  expect({ code, complaints }).toEqual({ code: 0, complaints: "" });
});
