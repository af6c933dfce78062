// disk: what happens to a run when its disk is full or cannot be written, when its newest checkpoint is damaged, and when a second process wants its folder.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { markdownTable } from "@ssl-vit/sitting/markdown-table.js";
import { drawPictures } from "./pictures.js";
import { checkpointsOf, startTraining, sumsOf, trainToTheEnd } from "./training.js";

/** @typedef {import("@ssl-vit/sitting/results-file.js").Measurement} Measurement */

const IMAGES = 120;

/** Checkpoints of some 22 MB: two of them fit into the small disk, the third does not. */
const training = { method: "simclr", steps: 6, saveEvery: 1, workers: 1, more: ["model.embedDim=192", "model.depth=4"] };
const SMALL_DISK = "60m";
const LARGE_DISK = "400m";

const mount = (/** @type {string[]} */ ...parameters) => { execFileSync("mount", parameters, { stdio: "pipe" }); };

/** Whether this process may mount a small disk; that takes the rights of root. */
function canMount() {
  const folder = mkdtempSync(join(tmpdir(), "ssl-vit-mount-"));
  try {
    mount("-t", "tmpfs", "-o", "size=1m", "tmpfs", folder);
    execFileSync("umount", [folder]);
    return true;
  } catch {
    return false;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/**
 * A small disk of its own for what `use` does.
 *
 * @param {string} folder
 * @param {(disk: string) => Promise<Measurement>} use
 */
async function onSmallDisk(folder, use) {
  const disk = mkdtempSync(join(folder, "disk-"));
  mount("-t", "tmpfs", "-o", `size=${SMALL_DISK}`, "tmpfs", disk);
  try {
    return await use(disk);
  } finally {
    execFileSync("umount", ["-l", disk]);
  }
}

/** The line of an error in what a command said. @param {string} said */
const errorIn = (said) => said.split("\n").find((line) => line.includes("error:")) ?? said.trim().split("\n").at(-1) ?? "";

/**
 * The cases, each with what it must end in: the exit code, words of the message, and whether the run then goes on to the same bytes.
 *
 * @type {readonly { name: string, mounts?: boolean, code: number, says: RegExp, run: (context: { folder: string, data: string }) => Promise<Measurement> }[]}
 */
const cases = [
  {
    name: "a full disk",
    mounts: true,
    code: 1,
    says: /checkpoint .*: expected room for [\d.]+ MB, received a full disk\. Make room, then go on with --resume/,
    run: ({ folder, data }) =>
      onSmallDisk(folder, async (disk) => {
        const out = join(disk, "run");
        const { code, said } = await startTraining({ ...training, data, out }).end;
        const kept = checkpointsOf(out).at(-1);
        mount("-o", `remount,size=${LARGE_DISK}`, disk);
        const resumed = await trainToTheEnd({ ...training, data, out, resume: true });
        return { code, error: errorIn(said), kept, resumed: /resumed from (\S+)/.exec(resumed)?.[1], sums: sumsOf(out) };
      }),
  },
  {
    name: "a disk that becomes read-only",
    mounts: true,
    code: 1,
    says: /received a read-only file system\. Make it writable, then go on with --resume/,
    run: ({ folder, data }) =>
      onSmallDisk(folder, async (disk) => {
        mount("-o", `remount,size=${LARGE_DISK}`, disk);
        const out = join(disk, "run");
        const started = startTraining({ ...training, data, out });
        await started.firstStep;
        // Refused while a file is open for writing: tried again until it is not.
        const isReadOnly = () => {
          try {
            mount("-o", "remount,ro", disk);
            return true;
          } catch {
            return false;
          }
        };
        while (!isReadOnly()) await setTimeout(1);
        const { code, said } = await started.end;
        const kept = checkpointsOf(out).at(-1);
        mount("-o", "remount,rw", disk);
        const resumed = await trainToTheEnd({ ...training, data, out, resume: true });
        return { code, error: errorIn(said), kept, resumed: /resumed from (\S+)/.exec(resumed)?.[1], sums: sumsOf(out) };
      }),
  },
  {
    name: "a folder on a read-only disk from the start",
    mounts: true,
    code: 2,
    says: /out: expected a folder that can be written, received .*(EROFS|read-only)/,
    run: ({ folder, data }) =>
      onSmallDisk(folder, async (disk) => {
        mount("-o", "remount,ro", disk);
        const { code, said } = await startTraining({ ...training, data, out: join(disk, "run") }).end;
        return { code, error: errorIn(said) };
      }),
  },
  ...[
    { name: "a truncated checkpoint", damage: (/** @type {string} */ file) => { truncateSync(file, 1000); } },
    {
      name: "a checkpoint with one bit flipped",
      damage: (/** @type {string} */ file) => {
        const bytes = readFileSync(file);
        bytes[bytes.length >> 1] = /** @type {number} */ (bytes[bytes.length >> 1]) ^ 1;
        writeFileSync(file, bytes);
      },
    },
  ].map(({ name, damage }) => ({
    name,
    code: 0,
    says: /checkpoint step-00000004 cannot be used: .*model\.safetensors: expected sha256/,
    run: async (/** @type {{ folder: string, data: string }} */ { folder, data }) => {
      const out = join(mkdtempSync(join(folder, "damaged-")), "run");
      await trainToTheEnd({ ...training, data, out, steps: 4 });
      damage(join(out, "checkpoints", "step-00000004", "model.safetensors"));
      const { code, said } = await startTraining({ ...training, data, out, resume: true }).end;
      return { code, error: said.split("\n").find((line) => line.includes("cannot be used")) ?? "", kept: "step-00000003", resumed: /resumed from (\S+)/.exec(said)?.[1], sums: sumsOf(out) };
    },
  })),
  {
    name: "a second process in the same folder",
    code: 2,
    says: /out: expected a folder that no other process trains in, received .*, used by process \d+/,
    run: async ({ folder, data }) => {
      const out = join(mkdtempSync(join(folder, "shared-")), "run");
      const first = startTraining({ ...training, data, out });
      await first.firstStep;
      const { code, said } = await startTraining({ ...training, data, out, resume: true }).end;
      await first.end;
      return { code, error: errorIn(said), sums: sumsOf(out) };
    },
  },
];

/** @param {readonly Measurement[]} measurements */
export function diskTable(measurements) {
  const rows = measurements.map(({ name, skipped, code, error, kept, resumed, equal }) =>
    skipped === undefined ? [name, code, `\`${error.replaceAll("|", "\\|")}\``, kept ?? "–", resumed ?? "–", equal === undefined ? "–" : equal ? "yes" : "NO"] : [name, "–", skipped, "–", "–", "–"],
  );
  return markdownTable(["what happens", "exit code", "what is said", "newest checkpoint then", "resumed from", "in the end equal byte for byte"], rows);
}

/** @param {readonly Measurement[]} measurements */
export function diskProblem(measurements) {
  const wrong = measurements.flatMap((result) => {
    const wanted = cases.find(({ name }) => name === result.name);
    if (wanted === undefined || result.skipped !== undefined) return [];
    const isRight = result.code === wanted.code && wanted.says.test(result.error) && result.equal !== false && result.kept === result.resumed;
    return isRight ? [] : [`${result.name}: expected exit code ${wanted.code} and a message like ${wanted.says}, received ${JSON.stringify(result)}`];
  });
  return wrong.length === 0 ? undefined : wrong.join("\n");
}

/** @returns {import("@ssl-vit/sitting/run-sitting.js").Plan} */
export function diskPlan() {
  const folder = mkdtempSync(join(tmpdir(), "ssl-vit-disk-"));
  const data = join(folder, "pictures");
  let reference = "";
  return {
    name: "disk",
    options: { images: IMAGES },
    prepare: async () => {
      await drawPictures(data, IMAGES);
      mkdirSync(join(folder, "undisturbed"));
      const mounts = canMount();
      return cases.map((one) => ({
        key: { name: one.name },
        measure: async () => {
          if (one.mounts === true && !mounts) return { skipped: "skipped: no right to mount a small disk here" };
          if (reference === "") {
            await trainToTheEnd({ ...training, data, out: join(folder, "undisturbed", "run") });
            reference = sumsOf(join(folder, "undisturbed", "run"));
          }
          const { sums, ...result } = await one.run({ folder, data });
          return { ...result, ...(sums === undefined ? {} : { equal: sums === reference }) };
        },
      }));
    },
    table: diskTable,
    line: ({ name, skipped, error, equal }) => `${name}: ${skipped ?? error}${equal === undefined ? "" : equal ? " · goes on to equal bytes" : " · NOT EQUAL"}`,
    problem: diskProblem,
    close: () => { rmSync(folder, { recursive: true, force: true }); },
  };
}
