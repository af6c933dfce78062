/** An option of a command line in place of what it says, or added to it. */
function withOption(words: readonly string[], flag: string, value: string): string[] {
  const at = words.indexOf(flag);
  return at === -1 ? [...words, flag, value] : words.with(at + 1, value);
}

const valueOf = (words: readonly string[], flag: string): number | undefined => {
  const at = words.indexOf(flag);
  return at === -1 ? undefined : Number(words[at + 1]);
};

const without = (words: readonly string[], flag: string): string[] => {
  const at = words.indexOf(flag);
  return at === -1 ? [...words] : words.toSpliced(at, 2);
};

/** The same command, as short as it goes: a reader's training takes minutes, a test's seconds. A tenth of the epochs becomes steps, so that what goes on has something left to do. */
export function shortenedCommand(words: readonly string[]): string[] {
  const [command, what] = words;
  if (command === "pretrain") {
    const length = valueOf(words, "--epochs") ?? valueOf(words, "--steps") ?? 20;
    return withOption(withOption(without(words, "--epochs"), "--steps", String(Math.ceil(length / 10))), "--batch-size", "8");
  }
  if (command === "eval" && what === "finetune") return withOption(withOption(words, "--epochs", "1"), "--train-images", "20");
  if (command === "bench" && what === "step") return withOption(withOption([...words, "--tiny"], "--steps", "1"), "--warmup", "0");
  return [...words];
}
