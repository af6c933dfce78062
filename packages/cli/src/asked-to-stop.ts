/** Whether a signal has asked to stop; those that wait are delivered first. */
export async function askedToStop(signal: AbortSignal): Promise<boolean> {
  await new Promise((resolve) => setImmediate(resolve));
  return signal.aborted;
}
