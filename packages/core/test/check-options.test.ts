import { describe, expect, it } from "vitest";
import { checkOptions, ConfigError, type OptionChecks, type Schedule } from "../src/index.js";

const config = { layers: 3, rate: 0.5, scale: [0.2, 1] as readonly number[], momentum: 0.9 as Schedule, name: "x" };
type Config = typeof config;
const checks = (changes: Partial<Config>): OptionChecks<Config> => checkOptions<Config>("toy", { ...config, ...changes });
const climbing: Schedule = ({ epoch, totalEpochs }) => 0.9 + (0.2 * epoch) / totalEpochs;

describe("checkOptions", () => {
  it("takes what holds, schedules too", () => {
    const { whole, atLeast, positive, share, positiveShare, innerShare, range } = checks({ momentum: () => 0.99 });
    expect(() => {
      whole(1, "layers");
      atLeast(0, "rate", "layers");
      positive("rate");
      share("rate", "momentum");
      positiveShare("rate");
      innerShare("rate");
      range("scale");
    }).not.toThrow();
  });

  it.each<[string, Partial<Config>, (option: OptionChecks<Config>) => void, string]>([
    ["whole", { layers: 1.5 }, ({ whole }) => { whole(1, "rate", "layers"); }, "rate: expected a whole number of at least 1, received 0.5."],
    ["whole", { layers: 0 }, ({ whole }) => { whole(1, "layers"); }, "layers: expected a whole number of at least 1, received 0."],
    ["atLeast", { rate: NaN }, ({ atLeast }) => { atLeast(0, "rate"); }, "rate: expected a number of at least 0, received NaN."],
    ["positive", { rate: Infinity }, ({ positive }) => { positive("rate"); }, "rate: expected a number above 0, received Infinity."],
    ["positive", {}, ({ positive }) => { positive("name"); }, 'name: expected a number above 0, received "x".'],
    ["share", { rate: 1.5 }, ({ share }) => { share("rate"); }, "rate: expected a number in [0, 1], received 1.5."],
    ["positiveShare", { rate: 0 }, ({ positiveShare }) => { positiveShare("rate"); }, "rate: expected a number in (0, 1], received 0."],
    ["innerShare", { rate: 1 }, ({ innerShare }) => { innerShare("rate"); }, "rate: expected a number in (0, 1), received 1."],
    ["range", { scale: [0.5, 0.2] }, ({ range }) => { range("scale"); }, "scale: expected two numbers with 0 < first ≤ second ≤ 1, received [0.5,0.2]."],
    ["range", { scale: [0.5] }, ({ range }) => { range("scale"); }, "scale: expected two numbers with 0 < first ≤ second ≤ 1, received [0.5]."],
    ["a schedule that leaves the range", { momentum: climbing }, ({ share }) => { share("momentum"); }, "momentum: expected a number in [0, 1], received"],
    ["a schedule that leaves the range late", { momentum: ({ epoch }) => (epoch < 120 ? 0.996 : 1.5) }, ({ share }) => { share("momentum"); }, "momentum: expected a number in [0, 1], received"],
    ["refuse", {}, ({ refuse }) => { refuse("rate", "another", "Try it."); }, "rate: expected another, received 0.5. Try it."],
  ])("%s refuses what does not hold: %j", (_, changes, check, message) => {
    const run = (): void => { check(checks(changes)); };
    expect(run).toThrow(`[@ssl-vit/toy] ${message}`);
    expect(run).toThrow(ConfigError);
  });
});
