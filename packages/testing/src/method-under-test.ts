import type { EncoderFactory } from "@ssl-vit/core";

/** What the contract suite needs to know of a method. */
export interface MethodUnderTest<Config extends object> {
  /** A small encoder, in the layout that the method expects. */
  readonly encoders: EncoderFactory;
  /** Options that make the method small. */
  readonly options: Partial<Config>;
  /** Images in the batch. Default 4. */
  readonly batchSize?: number;
  /** Images that a batch must have, over all processes. Default 2: methods that compare images, or normalise by their statistics. */
  readonly minimumImages?: number;
  /**
   * Whether targets come from what is trained, behind a stop-gradient (SimSiam): a step moves them as well, so that the loss falls, but
   * not as fast as its gradient says. Default false.
   */
  readonly movesTargets?: boolean;
  /** Parameters that `isFrozen` keeps from being trained at the first step. Default: none. */
  readonly frozen?: readonly string[];
  /** Whether it has no `signals`: what is no self-supervised method, but trained as one (a classifier). Default false. */
  readonly showsNothing?: boolean;
}
