import { readdirSync, readFileSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import type { StepReport } from "../src/index.js";
import { maskedCrc32c } from "../src/masked-crc32c.js";
import { collect, tinyRun } from "./tiny-run.js";

const tiny = tinyRun();
const out = (): string => join(tiny.folder, "run");
const eventFiles = (): string[] => readdirSync(out()).filter((name) => name.startsWith("events.out.tfevents.")).sort((a, b) => Number(a.split(".").at(-1)) - Number(b.split(".").at(-1)));

/** The records of an event file that are whole; a reader stops at the first that is not. */
function recordsOf(bytes: Buffer): Buffer[] {
  const records: Buffer[] = [];
  for (let place = 0; place + 12 <= bytes.length; ) {
    const length = Number(bytes.readBigUInt64LE(place));
    if (place + 16 + length > bytes.length) break;
    const content = bytes.subarray(place + 12, place + 12 + length);
    expect(bytes.readUInt32LE(place + 8)).toBe(maskedCrc32c(bytes.subarray(place, place + 8)));
    expect(bytes.readUInt32LE(place + 12 + length)).toBe(maskedCrc32c(content));
    records.push(content);
    place += 16 + length;
  }
  return records;
}

describe("maskedCrc32c", () => {
  it("is RFC 3720's CRC-32C, masked", () => {
    const unmask = (masked: number): number => {
      const turned = (masked - 0xa282ead8) >>> 0;
      return ((turned >>> 17) | (turned << 15)) >>> 0;
    };
    // B.4 of the RFC, and the catalogue's check value.
    expect(unmask(maskedCrc32c(Buffer.from("123456789")))).toBe(0xe3069283);
    expect(unmask(maskedCrc32c(new Uint8Array(32)))).toBe(0x8a9136aa);
    expect(unmask(maskedCrc32c(new Uint8Array(32).fill(255)))).toBe(0x62a8ab43);
  });
});

describe("TensorBoard's event file", () => {
  it("has a version, a session's start, and each logged step's numbers by tag", async () => {
    await collect(tiny.optionsFor({ steps: 4, out: out(), logEvery: 2, evaluateEvery: 4, evaluate: () => Promise.resolve({ top1: 0.25 }) }));
    const [name] = eventFiles();
    const records = recordsOf(readFileSync(join(out(), name!)));
    // The evaluation before the first step is on record as well.
    expect(records.length).toBe(2 + 3 + 2);
    expect(records[0]!.toString("latin1")).toContain("brain.Event:2");
    for (const tag of ["train/loss", "train/learningRate", "train/gradientNorm", "speed/imagesPerSecond", "speed/dataWaitShare", "speed/memoryMb"]) {
      expect(records.filter((record) => record.includes(tag)).length, tag).toBe(3);
    }
    const last = records.at(-1)!;
    const place = last.indexOf("evaluation/top1") + "evaluation/top1".length;
    // Field 2 of four bytes: simple_value.
    expect([last[place], last.readFloatLE(place + 1)]).toEqual([0x15, 0.25]);
  });

  it("has a later second in its name than those that are there, whatever the clock says", async () => {
    await tiny.trainAnew({ steps: 2, out: out() });
    vi.spyOn(Date, "now").mockReturnValue(1e12);
    await tiny.trainAnew({ steps: 4, out: out(), resume: true }).finally(() => { vi.restoreAllMocks(); });
    const seconds = eventFiles().map((name) => Number(name.split(".")[3]));
    expect(seconds[1]).toBe(seconds[0]! + 1);
  });

  it("is left out when told so", async () => {
    await tiny.trainAnew({ steps: 1, out: out(), tensorboard: false });
    expect(eventFiles()).toEqual([]);
  });

  it("begins anew on a resume with the step it goes on with, so that what is redone is not shown twice", async () => {
    await tiny.trainAnew({ steps: 3, out: out() });
    await tiny.trainAnew({ steps: 5, out: out(), resume: true });
    const files = eventFiles();
    expect(files.map((name) => name.split(".").at(-1))).toEqual(["1", "4"]);
    const start = recordsOf(readFileSync(join(out(), files[1]!)))[1]!;
    // wall_time (9 bytes), step = 4 (10 04), session_log { status: START } (3a 02 08 01).
    expect(start.subarray(9).toString("hex")).toBe("10043a020801");
  });

  it("can be read up to any byte where a kill cut it", async () => {
    await tiny.trainAnew({ steps: 4, out: out(), logEvery: 1 });
    const bytes = readFileSync(join(out(), eventFiles()[0]!));
    const whole = recordsOf(bytes);
    const ends = whole.map((_, index) => whole.slice(0, index + 1).reduce((sum, { length }) => sum + length + 16, 0));
    for (let cut = 0; cut <= bytes.length; cut++) expect(recordsOf(bytes.subarray(0, cut)).length).toBe(ends.filter((end) => end <= cut).length);
  });
});

describe("metrics.jsonl", () => {
  it("loses a half line to a cut, and a resume makes it whole", async () => {
    await tiny.trainAnew({ steps: 3, out: out(), logEvery: 1, saveEvery: 1 });
    const log = join(out(), "metrics.jsonl");
    const before = readFileSync(log, "utf8");
    truncateSync(log, before.length - 30);
    await tiny.trainAnew({ steps: 4, out: out(), logEvery: 1, resume: true });
    const steps = readFileSync(log, "utf8").trimEnd().split("\n").map((line) => (JSON.parse(line) as StepReport).step);
    // The line of step 3 was cut, and the checkpoint of step 3 is whole: its numbers are gone, nothing else.
    expect(steps).toEqual([1, 2, 4]);
  });
});

describe("a clock that jumps", () => {
  it("changes neither speeds nor the time left nor the time budget: these are measured by a clock that cannot", async () => {
    let now = 1e12;
    vi.spyOn(Date, "now").mockImplementation(() => (now -= 3600_000));
    try {
      const reports = await collect(tiny.optionsFor({ steps: 4, out: out(), maxSeconds: 600 }));
      expect(reports.length).toBe(4);
      for (const { imagesPerSecond, secondsLeft, dataWaitShare } of reports) {
        expect(imagesPerSecond).toBeGreaterThan(0);
        expect(secondsLeft).toBeGreaterThanOrEqual(0);
        expect(dataWaitShare).toBeGreaterThanOrEqual(0);
        expect(dataWaitShare).toBeLessThanOrEqual(1);
      }
    } finally {
      vi.restoreAllMocks();
    }
  });
});
