import { ConfigError, ShapeError } from "@ssl-vit/core";
import { Command, CommanderError } from "commander";
import { benchCommand } from "./commands/bench.js";
import { dataCommand } from "./commands/data.js";
import { diagnoseCommand } from "./commands/diagnose.js";
import { doctorCommand } from "./commands/doctor.js";
import { embedCommand } from "./commands/embed.js";
import { evalCommand } from "./commands/eval.js";
import { exportCommand } from "./commands/export.js";
import { listCommand } from "./commands/list.js";
import { pretrainCommand } from "./commands/pretrain.js";
import { visualizeCommand } from "./commands/visualize.js";
import { colors, say } from "./console-output.js";
import { packageVersion } from "./package-version.js";

/** Exit codes of the command. */
const exitCodes = { failed: 1, usage: 2 } as const;

function createProgram(): Command {
  const program = new Command("ssl-vit")
    .description("Self-supervised learning with Vision Transformers.")
    .version(packageVersion)
    // What stands behind a command is the command's: bench suite hands all of it on.
    .enablePositionalOptions()
    .showHelpAfterError("(add --help for the options and an example)")
    .addHelpText("after", "\nExample:\n  $ ssl-vit pretrain --method dino --data photos/ --out runs/dino");
  for (const command of [pretrainCommand(), evalCommand(), embedCommand(), exportCommand(), visualizeCommand(), diagnoseCommand(), dataCommand(), benchCommand(), listCommand(), doctorCommand()]) program.addCommand(command);
  prepare(program, program);
  return program;
}

/** Lets a command and those below it throw in place of leaving the process, and name an unknown option before a missing one. */
function prepare(command: Command, program: Command): void {
  command.exitOverride().copyInheritedSettings(program);
  const mandatory = command.options.filter((option) => option.mandatory);
  for (const option of mandatory) option.mandatory = false;
  command.hook("preAction", () => {
    const missing = mandatory.find((option) => command.getOptionValue(option.attributeName()) === undefined);
    if (missing !== undefined) command.error(`error: required option '${missing.flags}' not specified`);
  });
  for (const child of command.commands) prepare(child, program);
}

/** Runs a command line and returns its exit code: 0, 1 failed, 2 wrong usage. */
export async function run(argv: readonly string[]): Promise<number> {
  try {
    await createProgram().parseAsync([...argv], { from: "user" });
    return typeof process.exitCode === "number" ? process.exitCode : 0;
  } catch (error) {
    // commander has printed its own message.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : exitCodes.usage;
    const isUsage = ConfigError.isInstance(error) || ShapeError.isInstance(error);
    say(`${colors.red("error:")} ${error instanceof Error ? error.message : String(error)}`);
    if (!isUsage && process.env["SSL_VIT_DEBUG"] !== undefined && error instanceof Error) say(error.stack ?? "");
    return isUsage ? exitCodes.usage : exitCodes.failed;
  }
}
