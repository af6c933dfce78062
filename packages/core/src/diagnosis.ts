/** An option to change, as `ssl-vit pretrain` takes it. */
export interface OptionChange {
  /** `"method.teacherTemperature"`, `"learningRate"`. */
  readonly option: string;
  readonly from: unknown;
  readonly to: unknown;
}

/** A named failure of a run. */
export interface Diagnosis {
  /** `"uniform-output"` */
  readonly name: string;
  /** The name in words, for a person: `"The output is uniform"`. */
  readonly title: string;
  /** How sure it is, 0 to 1. */
  readonly confidence: number;
  /** Step from which the evidence holds. */
  readonly step: number;
  /** What it was told by, in numbers. */
  readonly evidence: Readonly<Record<string, number | string>>;
  /** What the evidence means, in a sentence or two. */
  readonly explanation: string;
  /** What to do, in a sentence that names the option and its value. */
  readonly advice: string;
  /** The same for programs, where one option is to blame. */
  readonly change?: OptionChange;
}
