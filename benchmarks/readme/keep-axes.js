import { Converter } from "typedoc";

/**
 * The type as a declaration writes it, where it names axes; undefined where it does not. What is within a literal or a function's type comes by itself.
 *
 * @param {import("typedoc").Context} context @param {import("typescript").Node | undefined} node a declaration, or a type parameter's bound
 */
function writtenType(context, node) {
  const written = node !== undefined && "type" in node ? node.type : node;
  const type = /** @type {import("typescript").TypeNode | undefined} */ (written);
  const text = type?.getText() ?? "";
  return type !== undefined && /\bFloat</.test(text) && !/[{]|=>/.test(text) ? context.converter.convertType(context, type) : undefined;
}

/**
 * Has tensors stand in the reference with their axes, `Float<"B N D">`: TypeScript says what the name stands for, tfjs's `Tensor<R3>`.
 *
 * @param {import("typedoc").Application} app
 */
export function keepAxes(app) {
  app.converter.on(Converter.EVENT_CREATE_SIGNATURE, (context, signature, declaration) => {
    if (declaration === undefined) return;
    for (const [index, parameter] of (signature.parameters ?? []).entries()) {
      const type = writtenType(context, declaration.parameters[index]);
      if (type !== undefined) parameter.type = type;
    }
    for (const [index, parameter] of (signature.typeParameters ?? []).entries()) {
      const type = writtenType(context, declaration.typeParameters?.[index]?.constraint);
      if (type !== undefined) parameter.type = type;
    }
    const type = writtenType(context, declaration);
    if (type !== undefined) signature.type = type;
  });
  app.converter.on(Converter.EVENT_CREATE_DECLARATION, (context, reflection) => {
    const type = writtenType(context, context.getSymbolFromReflection(reflection)?.valueDeclaration);
    if (type !== undefined && reflection.type !== undefined) reflection.type = type;
  });
}
