// disk: what happens to a run when its disk is full or cannot be written, when its newest checkpoint is damaged, when it is asked to stop, and when two processes want its folder.
import { existsSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { markdownTable } from "@ssl-vit/sitting/markdown-table.js";
import { checkpointsOf, resumedFrom, sumsOf } from "@ssl-vit/sitting/run-folder.js";
import { drawPictures } from "./pictures.js";
import { canMount, makeReadOnly, onSmallDisk } from "./small-disk.js";
import { startTraining, trainToTheEnd } from "./training.js";

/**
 * @typedef {import("@ssl-vit/sitting/results-file.js").Measurement} Measurement
 * @typedef {{ folder: string, data: string, signal: AbortSignal }} Context
 *
 * @typedef {object} Case
 * @property {string} name
 * @property {boolean} [mounts] whether it takes the rights of root
 * @property {number} code what the command must exit with
 * @property {RegExp} says what its message must be like
 * @property {typeof short} training whose undisturbed bytes the run must have in the end
 * @property {(context: Context) => Promise<Measurement>} run answers the exit code and the message; `kept`, the newest whole checkpoint then, and `resumed`, the one
 *   gone on from, which must be the same; and `sums` of the end
 */

const IMAGES = 120;

/** Checkpoints of some 22 MB: two of them fit into the small disk, the third does not. The first epoch, of 7 steps, is the warm-up: a run of fewer steps begins with the same. */
const short = { method: "simclr", steps: 6, saveEvery: 1, workers: 1, more: ["model.embedDim=192", "model.depth=4"] };

/** Trains several times as long as a process takes to start. */
const lengthy = { ...short, steps: 150, saveEvery: 50 };

/** Room for every checkpoint of a run. */
const ENOUGH = "size=400m";

/** Two processes that start at once do not always meet. */
const MEETINGS = 3;

/** The line of an error in what a command said. @param {string} said */
const errorIn = (said) => said.split("\n").find((line) => line.includes("error:")) ?? said.trim().split("\n").at(-1) ?? "";

/** A new folder's path. @param {string} folder @param {string} name */
const newRun = (folder, name) => join(mkdtempSync(join(folder, `${name}-`)), "run");

/** Goes on with a run to its end. @param {import("./training.js").Training} training @param {AbortSignal} signal */
async function goOn(training, signal) {
  const resumed = resumedFrom(await trainToTheEnd({ ...training, resume: true }, signal));
  return { resumed, sums: sumsOf(training.out) };
}

/** @type {Case[]} */
const disks = [
  {
    name: "a full disk",
    mounts: true,
    code: 1,
    says: /checkpoint .*: expected room for [\d.]+ MB, received a full disk\. Make room, then go on with --resume/,
    training: short,
    run: ({ folder, data, signal }) =>
      onSmallDisk(folder, async (disk) => {
        const training = { ...short, data, out: join(disk.path, "run") };
        const { code, said } = await startTraining(training, signal).end;
        const kept = checkpointsOf(training.out).at(-1);
        disk.remount(ENOUGH);
        return { code, error: errorIn(said), kept, ...(await goOn(training, signal)) };
      }),
  },
  {
    name: "a disk that becomes read-only",
    mounts: true,
    code: 1,
    says: /received a read-only file system\. Make it writable, then go on with --resume/,
    training: short,
    run: ({ folder, data, signal }) =>
      onSmallDisk(folder, async (disk) => {
        disk.remount(ENOUGH);
        const training = { ...short, data, out: join(disk.path, "run") };
        const started = startTraining(training, signal);
        await started.firstStep;
        // The checkpoints' folder alone: a disk with files open for writing, as the logs are, is refused.
        const readOnly = join(training.out, "checkpoints");
        while (!existsSync(readOnly)) await setTimeout(1, undefined, { signal });
        const makeWritable = makeReadOnly(readOnly);
        const { code, said } = await started.end;
        const kept = checkpointsOf(training.out).at(-1);
        makeWritable();
        return { code, error: errorIn(said), kept, ...(await goOn(training, signal)) };
      }),
  },
  {
    name: "a folder on a read-only disk from the start",
    mounts: true,
    code: 2,
    says: /out: expected a folder that can be written, received .*(EROFS|read-only)/,
    training: short,
    run: ({ folder, data, signal }) =>
      onSmallDisk(folder, async (disk) => {
        disk.remount("ro");
        const { code, said } = await startTraining({ ...short, data, out: join(disk.path, "run") }, signal).end;
        return { code, error: errorIn(said) };
      }),
  },
  ...[
    { name: "a resume on a full disk", says: /received a full disk\. Make room, then go on with --resume/, spoil: (/** @type {import("./small-disk.js").SmallDisk} */ disk) => disk.fill() },
    {
      name: "a resume on a read-only disk",
      says: /received a read-only file system\. Make it writable, then go on with --resume/,
      spoil: (/** @type {import("./small-disk.js").SmallDisk} */ disk) => {
        disk.remount("ro");
        return () => { disk.remount("rw"); };
      },
    },
  ].map(({ name, says, spoil }) => ({
    name,
    mounts: true,
    code: 1,
    says,
    training: short,
    run: (/** @type {Context} */ { folder, data, signal }) =>
      onSmallDisk(folder, async (disk) => {
        const training = { ...short, data, out: join(disk.path, "run") };
        await trainToTheEnd({ ...training, steps: 2 }, signal);
        const mend = spoil(disk);
        const { code, said } = await startTraining({ ...training, resume: true }, signal).end;
        mend();
        const kept = checkpointsOf(training.out).at(-1);
        disk.remount(ENOUGH);
        return { code, error: errorIn(said), kept, ...(await goOn(training, signal)) };
      }),
  })),
];

/** Changes a byte of a file by `change`. @param {string} file @param {(bytes: Buffer) => number} place @param {(byte: number) => number} change */
function changeByte(file, place, change) {
  const bytes = readFileSync(file);
  const at = place(bytes);
  bytes.writeUInt8(change(bytes.readUInt8(at)), at);
  writeFileSync(file, bytes);
}

/** Where the digit of state.json's step stands. @param {Buffer} bytes */
function digitOfStep(bytes) {
  const found = /"step":\s*(?=\d)/.exec(bytes.toString("latin1"));
  if (found === null) throw new Error("[endurance] state.json: expected a step, received none.");
  return found.index + found[0].length;
}

const flipped = (/** @type {number} */ byte) => byte ^ 1;

/** @type {Case[]} */
const damages = [
  { name: "a truncated checkpoint", file: "model.safetensors", says: /model\.safetensors: expected sha256/, damage: (/** @type {string} */ file) => { truncateSync(file, 1000); } },
  {
    name: "a checkpoint with one bit flipped",
    file: "model.safetensors",
    says: /model\.safetensors: expected sha256/,
    damage: (/** @type {string} */ file) => { changeByte(file, ({ length }) => length >> 1, flipped); },
  },
  {
    name: "a bit flipped in the step of state.json",
    file: "state.json",
    says: /state\.json: expected/,
    damage: (/** @type {string} */ file) => { changeByte(file, digitOfStep, flipped); },
  },
].map(({ name, file, says, damage }) => ({
  name,
  code: 0,
  says: new RegExp(`checkpoint step-00000004 cannot be used: .*${says.source}`),
  training: short,
  run: async (/** @type {Context} */ { folder, data, signal }) => {
    const training = { ...short, data, out: newRun(folder, "damaged") };
    await trainToTheEnd({ ...training, steps: 4 }, signal);
    damage(join(training.out, "checkpoints", "step-00000004", file));
    const { code, said } = await startTraining({ ...training, resume: true }, signal).end;
    const error = said.split("\n").find((line) => line.includes("cannot be used")) ?? errorIn(said);
    return { code, error, kept: "step-00000003", resumed: resumedFrom(said), sums: sumsOf(training.out) };
  },
}));

/** @type {Case[]} */
const stops = /** @type {const} */ ([["SIGINT", 130], ["SIGTERM", 143]]).map(([name, code]) => ({
  name,
  code,
  says: /stopped after step \d+, saved step-\d+/,
  training: lengthy,
  run: async ({ folder, data, signal }) => {
    const training = { ...lengthy, data, out: newRun(folder, "stopped") };
    const started = startTraining(training, signal);
    await started.firstStep;
    started.kill(name);
    const { code: received, said } = await started.end;
    const error = said.split("\n").find((line) => line.includes("stopped after")) ?? errorIn(said);
    return { code: received, error, kept: checkpointsOf(training.out).at(-1), ...(await goOn(training, signal)) };
  },
}));

/** @type {Case[]} */
const meetings = [
  {
    name: "a second process in the same folder",
    code: 2,
    says: /out: expected a folder that no other process trains in, received .*, used by process \d+/,
    training: lengthy,
    run: async ({ folder, data, signal }) => {
      const training = { ...lengthy, data, out: newRun(folder, "shared") };
      const first = startTraining(training, signal);
      await first.firstStep;
      const { code, said } = await startTraining({ ...training, resume: true }, signal).end;
      await first.end;
      return { code, error: errorIn(said), sums: sumsOf(training.out) };
    },
  },
  {
    name: `two processes that start at once in one new folder (${MEETINGS} times)`,
    code: 2,
    says: /out: expected a (folder that no other process trains in|new or empty folder), received/,
    training: short,
    run: async ({ folder, data, signal }) => {
      /** @type {number | string | null} */
      let code = null;
      let error = "";
      const all = new Set();
      for (let meeting = 0; meeting < MEETINGS; meeting++) {
        const training = { ...short, data, out: newRun(folder, "contended") };
        const ends = await Promise.all([0, 1].map(() => startTraining(training, signal).end));
        const refused = ends.filter(({ code }) => code !== 0);
        if (refused.length !== 1) return { code: ends.map(({ code }) => code).join(" and "), error: ends.map(({ said }) => errorIn(said)).join(" / ") };
        const loser = /** @type {import("./training.js").End} */ (refused[0]);
        [code, error] = [loser.code ?? loser.endedBy, errorIn(loser.said)];
        all.add(sumsOf(training.out));
      }
      return { code, error, sums: [...all].join(" and ") };
    },
  },
];

const cases = [...disks, ...damages, ...stops, ...meetings];

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
  /** @type {Map<typeof short, string>} */
  const references = new Map();
  /** @param {typeof short} training @param {AbortSignal} signal */
  async function undisturbed(training, signal) {
    const known = references.get(training);
    if (known !== undefined) return known;
    const out = newRun(folder, "undisturbed");
    await trainToTheEnd({ ...training, data, out }, signal);
    const sums = sumsOf(out);
    references.set(training, sums);
    return sums;
  }
  return {
    name: "disk",
    options: { images: IMAGES },
    prepare: async () => {
      await drawPictures(data, IMAGES);
      const mounts = canMount();
      return cases.map((one) => ({
        key: { name: one.name },
        measure: async (signal) => {
          if (one.mounts === true && !mounts) return { skipped: "skipped: no right to mount a small disk here" };
          const { sums, error, ...result } = await one.run({ folder, data, signal });
          // Folders of this sitting are of no interest.
          return { error: error.replaceAll(`${folder}/`, ""), ...result, ...(sums === undefined ? {} : { equal: sums === (await undisturbed(one.training, signal)) }) };
        },
      }));
    },
    table: diskTable,
    line: ({ name, skipped, error, equal }) => `${name}: ${skipped ?? error}${equal === undefined ? "" : equal ? " · goes on to equal bytes" : " · NOT EQUAL"}`,
    problem: diskProblem,
    close: () => { rmSync(folder, { recursive: true, force: true }); },
  };
}
