/** The results of slow calls in the order of their items, `concurrent` of them at a time. The first error ends it; the calls under way are not waited for. */
export async function* mapInOrder<Item, Result>(items: readonly Item[], concurrent: number, call: (item: Item, index: number) => Promise<Result>): AsyncGenerator<Result> {
  const pending: Promise<Result>[] = [];
  let next = 0;
  for (;;) {
    for (; next < items.length && pending.length < concurrent; next++) {
      const result = call(items[next]!, next);
      result.catch(() => undefined); // it is waited for in its turn
      pending.push(result);
    }
    const first = pending.shift();
    if (first === undefined) return;
    yield await first;
  }
}
