import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

/** Milliseconds after which a script counts as hanging; a sanitizer makes one slow. */
const hangs = 1_800_000;
const packageFolder = fileURLToPath(new URL("..", import.meta.url));

/** Bundles a script of this folder, so that Node can run it, and returns how to run it with an environment: it gives the JSON that it prints. */
export async function script(name: string): Promise<(environment: Record<string, string>) => unknown> {
  const outfile = `${packageFolder}runs/${name}.mjs`;
  await build({
    entryPoints: [`${packageFolder}test/${name}.ts`],
    outfile,
    bundle: true,
    format: "esm",
    platform: "node",
    conditions: ["@ssl-vit/source"],
    external: ["@tensorflow/*"],
    logLevel: "error",
  });
  return (environment) => {
    const { status, signal, stdout, stderr } = spawnSync(process.execPath, [outfile], { env: { ...process.env, ...environment }, encoding: "utf8", maxBuffer: Infinity, timeout: hangs });
    if (status !== 0) throw new Error(`${name} with ${JSON.stringify(environment)} ended with ${signal ?? String(status)}: ${stderr.slice(-4000)}`);
    return JSON.parse(stdout) as unknown;
  };
}
