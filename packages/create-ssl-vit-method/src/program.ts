import { existsSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { Command, CommanderError } from "commander";
import { createMethod, type CreatedMethod } from "./create-method.js";
import { UsageError } from "./problem.js";
import { packageVersion } from "./published-ranges.js";

/** Exit codes of the command. */
const exitCodes = { failed: 1, usage: 2 } as const;

interface ProgramOptions {
  readonly paper: string;
  readonly repository?: string;
}

/** The next commands, in the repository and outside. */
function nextCommands({ names: { method, packageName }, packageFolder }: CreatedMethod, inRepository: boolean): string[] {
  if (inRepository) {
    return [
      "npx --yes pnpm@10 install",
      `npx --yes pnpm@10 --filter ${packageName} test`,
      `npx --yes pnpm@10 exec turbo run build --filter @ssl-vit/cli --filter ${packageName}`,
      `npx ssl-vit pretrain --method ./${packageFolder} --data photos/ --out runs/${method}`,
    ];
  }
  return [`cd ${packageFolder}`, "npm install", "npm test && npm run build", `npx ssl-vit pretrain --method . --data photos/ --out runs/${method}`];
}

function report(created: CreatedMethod, folder: string, inRepository: boolean): string {
  const from = relative(process.cwd(), folder);
  return [
    `Created ${created.names.packageName}, a method that trains:`,
    ...created.files.map((file) => `  ${join(from, file)}`),
    "",
    "Next:",
    ...nextCommands(created, inRepository).map((command) => `  $ ${command}`),
    "",
    `Then put the paper's loss in src/${created.names.method}.ts and its options in src/config.ts.`,
    "",
  ].join("\n");
}

/**
 * Runs a command line and returns its exit code: 0, 1 failed, 2 wrong usage.
 *
 * @param argv what stands behind the command
 * @param folder where it was called
 */
export function run(argv: readonly string[], folder: string = process.cwd()): number {
  const program = new Command("create-ssl-vit-method")
    .description("Creates a package with a self-supervised method: code that trains, tests, a README. Its loss is the part to replace.")
    .version(packageVersion())
    .argument("<name>", "of the method: my-method, or @someone/my-method")
    .requiredOption("--paper <url>", "address of the paper")
    .option("--repository <folder>", "a clone of ssl-vit: the method becomes one of its packages")
    .addHelpText("after", "\nExample:\n  $ npm create ssl-vit-method@latest my-method -- --paper https://arxiv.org/abs/2105.04906")
    .exitOverride();
  try {
    program.parse([...argv], { from: "user" });
    const { paper, repository } = program.opts<ProgramOptions>();
    const target = resolve(folder, repository ?? ".");
    if (repository !== undefined && !existsSync(join(target, "pnpm-workspace.yaml"))) {
      throw new UsageError({ what: "--repository", expected: "a clone of ssl-vit", received: target, fix: "Leave it out to create a package of its own." });
    }
    const created = createMethod({ name: program.args[0]!, paper, folder: target, inRepository: repository !== undefined });
    process.stdout.write(report(created, target, repository !== undefined));
    return 0;
  } catch (error) {
    // commander has printed its own message.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : exitCodes.usage;
    process.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n`);
    return error instanceof UsageError ? exitCodes.usage : exitCodes.failed;
  }
}
