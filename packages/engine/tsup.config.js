import preset from "@ssl-vit/config/tsup";

export default {
  ...preset,
  platform: "node",
  // Plain Node cannot load this file's extensionless imports, so the gradients are bundled. Their copy of tfjs-core's modules is
  // inert: the engine and the registries are process globals, and the real package, imported first, has made them.
  noExternal: [/^@tensorflow\/tfjs-core\/dist\//],
  // Three times the size of what it maps, nearly all of it the gradients'.
  sourcemap: false,
};
