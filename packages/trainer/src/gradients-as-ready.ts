import { engine, type NamedTensorMap, type Scalar, type Tensor, type Variable, variableGrads } from "@tensorflow/tfjs-core";

/** The part of tfjs's record of a forward pass that is looked at here (tfjs-core's tape.ts). */
interface RecordedOperation {
  readonly inputs: NamedTensorMap;
  readonly outputs: readonly Tensor[];
  gradient?: (dys: Tensor[]) => Record<string, () => Tensor>;
}

/**
 * The operations that the value comes from. Others are in the record too: the copy of an input that an operation keeps for its gradient, or what only a
 * metric comes from.
 */
function leadingTo(value: Tensor, record: readonly RecordedOperation[]): RecordedOperation[] {
  const reached = new Set([value.id]);
  return record.toReversed().filter(({ inputs, outputs }) => {
    const leads = outputs.some(({ id }) => reached.has(id));
    if (leads) for (const { id } of Object.values(inputs)) reached.add(id);
    return leads;
  });
}

/** Variables that the operations use once: what flows back from there is the whole gradient. */
function usedOnce(operations: readonly RecordedOperation[], variables: readonly Variable[]): ReadonlySet<number> {
  const uses = new Map(variables.map(({ id }) => [id, 0]));
  for (const { inputs } of operations) {
    for (const { id } of Object.values(inputs)) {
      const count = uses.get(id);
      if (count !== undefined) uses.set(id, count + 1);
    }
  }
  return new Set([...uses].flatMap(([id, count]) => (count === 1 ? [id] : [])));
}

/**
 * As tfjs's `variableGrads`, and tells of gradients before the backward pass has ended: of a variable that the loss uses in one place as soon as its
 * gradient is there. Nobody reads that tensor any more until this returns, so its values may be changed meanwhile.
 *
 * @param onReady is told the variable's place in `variables`; not of every one
 */
export function gradientsAsReady(loss: () => Scalar, variables: readonly Variable[], onReady: (index: number, gradient: Tensor) => void): ReturnType<typeof variableGrads> {
  const places = new Map(variables.map(({ id }, index) => [id, index]));
  return variableGrads(
    () => {
      const value = loss();
      const operations = leadingTo(value, engine().state.activeTape);
      const single = usedOnce(operations, variables);
      for (const operation of operations) {
        const { inputs, gradient } = operation;
        if (gradient === undefined || !Object.values(inputs).some(({ id }) => single.has(id))) continue;
        operation.gradient = (dys) => {
          const gradients = gradient(dys);
          for (const [name, compute] of Object.entries(gradients)) {
            const id = inputs[name]?.id;
            const index = id === undefined || !single.has(id) ? undefined : places.get(id);
            if (index === undefined) continue;
            gradients[name] = () => {
              const result = compute();
              onReady(index, result);
              return result;
            };
          }
          return gradients;
        };
      }
      return value;
    },
    [...variables],
  );
}
