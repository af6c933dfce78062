/** One view of every image of a batch, in ordinary memory. */
export interface HostView {
  readonly name: string;
  readonly shape: readonly [batch: number, height: number, width: number, channels: number];
  readonly data: Float32Array;
}

/** A batch before it becomes tensors: what the loader's threads hand over. */
export interface HostBatch {
  readonly size: number;
  /** Position of each image in the data set. */
  readonly indices: Int32Array;
  /** Class of each image, -1 = none. */
  readonly labels: Int32Array;
  readonly views: readonly HostView[];
}
