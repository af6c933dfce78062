import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { root } from "../documents.js";
import { noSuchFlag, onlyMissesThat } from "./no-such-flag.js";
import { prepareFolder } from "./prepared-folder.js";
import { shortenedCommand } from "./shortened-command.js";
import { type ShownCommand, shownCommands } from "./shown-commands.js";
import { toldBy } from "./told-by.js";

const ours = shownCommands.filter(({ program }) => program === "ssl-vit");

/** Why a command is not run here; what it says is parsed all the same. */
const obstacles: readonly (readonly [RegExp, string])[] = [
  [/mpirun|srun/, "wants MPI, and several machines at times: the tests of packages/distributed train on ranks"],
  [/--engine tensorflow/, "wants TensorFlow: pnpm run test:tensorflow trains on it"],
  [/--method \./, "wants the package that the line before it makes: `pnpm bench install` makes one from a registry and trains it"],
];
const obstacleOf = ({ text }: ShownCommand): string | undefined => obstacles.find(([pattern]) => pattern.test(text))?.[1];

const runnable = ours.filter((command) => !command.isMention && obstacleOf(command) === undefined);
const parsedOnly = ours.filter((command) => !runnable.includes(command));

/** Data that all documents share; each has a folder of its own that links to it. */
const prepared = mkdtempSync(join(tmpdir(), "ssl-vit-commands-"));
const folders: string[] = [prepared];

/** Runs the command as it is built, in a folder. */
function sslVit(folder: string, words: readonly string[]): void {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, "packages/cli/bin/ssl-vit.js"), ...words], { cwd: folder, encoding: "utf8", env: { ...process.env, NO_COLOR: "1" } });
  expect(status, `$ ssl-vit ${words.join(" ")}\n${stdout}${stderr}`).toBe(0);
}

/** Where a document's commands are called; a training that it takes for granted is there. */
function folderOf(document: string, commands: readonly ShownCommand[]): string {
  const folder = mkdtempSync(join(tmpdir(), "ssl-vit-document-"));
  folders.push(folder);
  for (const name of readdirSync(prepared)) if (name !== "runs") symlinkSync(join(prepared, name), join(folder, name), "junction");
  const trainsIt = commands.some(({ text }) => text.includes("--out runs/mae"));
  if (!trainsIt && commands.some(({ text }) => text.includes("runs/mae"))) cpSync(join(prepared, "runs/mae"), join(folder, "runs/mae"), { recursive: true });
  else mkdirSync(join(folder, "runs"));
  expect(commands.length, document).toBeGreaterThan(0);
  return folder;
}

const valueOf = (words: readonly string[], flag: string): string | undefined => (words.includes(flag) ? words[words.indexOf(flag) + 1] : undefined);

beforeAll(async () => {
  await prepareFolder(prepared);
  sslVit(prepared, shortenedCommand(["pretrain", "--method", "mae", "--data", "photos/", "--out", "runs/mae", "--epochs", "20"]));
});
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

it("finds the command lines, and shortens what trains", () => {
  expect(runnable.length).toBeGreaterThan(18);
  expect(parsedOnly.length).toBeGreaterThan(60);
  for (const { words, text } of runnable) if (words[0] === "pretrain") expect(Number(valueOf(shortenedCommand(words), "--steps")), text).toBeLessThan(10);
});

describe.each([...new Set(runnable.map(({ document }) => document))])("what %s shows", (document) => {
  const commands = runnable.filter((command) => command.document === document);
  let folder = "";
  beforeAll(() => { folder = folderOf(document, commands); });

  it.each(commands.map((command) => [command.line, command.text, command.words] as const))("line %i runs: %s", (_, __, shown) => {
    const words = shortenedCommand(shown);
    const out = valueOf(words, "--out");
    // A training that does not go on begins a story of its own.
    if (words[0] === "pretrain" && !words.includes("--resume")) rmSync(join(folder, out!), { recursive: true, force: true });
    sslVit(folder, words);
    if (out !== undefined) expect(existsSync(join(folder, out)), out).toBe(true);
  }, 300_000);
});

describe("what is not run", () => {
  for (const command of parsedOnly) {
    const obstacle = command.isMention ? undefined : obstacleOf(command);
    if (obstacle !== undefined) process.stderr.write(`SKIPPED: ${command.document}:${command.line} is parsed, not run, as it ${obstacle}\n`);
  }

  it.each(parsedOnly.map(({ document, line, text, words }) => [document, line, text, words] as const))("is a command with flags that exist: %s:%i %s", async (_, __, text, words) => {
    // Help is given whatever else is asked.
    const { told, code } = await toldBy([...words.filter((word) => word !== "--help"), ...noSuchFlag]);
    expect(onlyMissesThat(told), `${text}\n${told}`).toBe(true);
    expect(code).toBe(2);
  });
});
