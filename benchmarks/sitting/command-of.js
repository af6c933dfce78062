/**
 * The command that takes such a sitting, for its page. An option that the sitting did not keep is left out.
 *
 * @param {string} suite with a flag where it has parts: `data --waiting`
 * @param {readonly string[]} options those that say what is measured, by the names that circumstances have
 * @param {Readonly<Record<string, any>>} circumstances
 */
export function commandOf(suite, options, circumstances) {
  const words = options.filter((name) => circumstances[name] !== undefined).map((name) => `--${name} ${[circumstances[name]].flat().join(",") || '""'}`);
  return `\`${[`npx --yes pnpm@10 run bench ${suite}`, ...words].join(" ")}\``;
}
