/** What no command knows. Twice: the last flag of a mention may want a value. */
export const noSuchFlag = ["--no-such-flag", "--no-such-flag"];

/** Whether a command that was given it found nothing else to say: its name, its flags and their values are known. A command says first what stands first. */
export const onlyMissesThat = (told: string): boolean => /unknown option '--no-such-flag'|argument '--no-such-flag' is invalid/.test(told);
