const SECONDS = 5;

/** Passes on one message in a while: the first after some seconds, then one every so many. */
export function sometimes(say: (message: string) => void, now: () => number = () => performance.now()): (message: () => string) => void {
  let last = now();
  return (message) => {
    if (now() - last < SECONDS * 1000) return;
    last = now();
    say(message());
  };
}
