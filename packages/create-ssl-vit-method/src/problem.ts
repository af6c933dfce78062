/** What a user can mend, in the words that every message of ssl-vit has. */
export interface Problem {
  readonly what: string;
  readonly expected: string;
  readonly received: string;
  /** What to do now, as a sentence. */
  readonly fix: string;
}

/** An error of usage: its message is all that is shown. */
export class UsageError extends Error {
  override readonly name = "UsageError";

  constructor({ what, expected, received, fix }: Problem) {
    super(`[create-ssl-vit-method] ${what}: expected ${expected}, received ${received}. ${fix}`);
  }
}
