// The part of ARCHITECTURE.md that is written by machine: the layers, and which package imports which.
import { readFileSync } from "node:fs";
import { browserPackages } from "@ssl-vit/config/browser-packages";
import { allowedImports, packageLayers } from "@ssl-vit/config/layers";
import { withWrittenPart } from "@ssl-vit/sitting/with-written-part.js";

/** The methods are one node: what tells them apart is in their papers, not in what they import. */
const METHODS = "methods";

/** The layers from above to below, each with what it is. @type {Readonly<Record<string, string>>} */
const meanings = {
  app: "what people start",
  runner: "what is done with any method or encoder; knows the contract, no method and no ViT",
  method: "a paper each: the loss, and what follows a step",
  model: "networks, and weights of others",
  foundation: "pieces without an opinion: losses, layers, images, rates, files",
  engine: "what computes: tfjs's backends, ours among them",
  core: "the contract, and seeded randomness",
  tooling: "what packages are built and tested with",
};

/**
 * @typedef {object} Edges what a node of the picture imports
 * @property {ReadonlySet<string>} always
 * @property {ReadonlySet<string>} optional what is used where it is installed
 */

/** @param {string} name @param {string} layer */
const nodeOf = (name, layer) => (layer === "method" ? METHODS : name);

/**
 * What each package of `packages/` imports of the others, by its package.json; the methods taken together.
 *
 * @returns {Map<string, Edges>}
 */
export function packageEdges() {
  const layers = packageLayers();
  const edges = new Map();
  for (const [name, layer] of layers) {
    const { dependencies = {}, optionalDependencies = {} } = JSON.parse(readFileSync(new URL(`../../packages/${name}/package.json`, import.meta.url), "utf8"));
    const node = nodeOf(name, layer);
    /** @param {object} declared @param {Iterable<string>} before */
    const joined = (declared, before) => {
      const own = Object.keys(declared).map((dependency) => dependency.replace("@ssl-vit/", "")).filter((dependency) => layers.has(dependency));
      return new Set([...before, ...own.map((dependency) => nodeOf(dependency, /** @type {string} */ (layers.get(dependency)))).filter((other) => other !== node)]);
    };
    const { always, optional } = edges.get(node) ?? { always: [], optional: [] };
    edges.set(node, { always: joined(dependencies, always), optional: joined(optionalDependencies, optional) });
  }
  return edges;
}

/**
 * All that a node reaches by what is always imported.
 *
 * @param {ReadonlyMap<string, Edges>} edges @param {string} from @param {Set<string>} reached
 */
export function reachedFrom(edges, from, reached = new Set()) {
  for (const next of edges.get(from)?.always ?? []) {
    if (reached.has(next)) continue;
    reached.add(next);
    reachedFrom(edges, next, reached);
  }
  return reached;
}

/**
 * The same without arrows that follow from others: of a → b → c and a → c the latter.
 *
 * @param {ReadonlyMap<string, Edges>} edges @returns {Map<string, Edges>}
 */
export function withoutDetours(edges) {
  return new Map(
    [...edges].map(([node, { always, optional }]) => {
      const direct = [...always].filter((target) => ![...always].some((other) => other !== target && reachedFrom(edges, other).has(target)));
      return [node, { always: new Set(direct), optional }];
    }),
  );
}

/** Every layer with what it is and its packages, from above to below. @returns {(readonly [layer: string, meaning: string, packages: readonly string[]])[]} */
export function layersFromAbove() {
  const layers = [...packageLayers()];
  const unknown = layers.find(([, layer]) => !(layer in meanings));
  if (unknown !== undefined) throw new Error(`[readme] packages/${unknown[0]}: expected one of the layers ${Object.keys(meanings).join(", ")}, received "${unknown[1]}". Say in benchmarks/readme/package-graph.js what it is.`);
  return Object.entries(meanings).map(([layer, meaning]) => /** @type {const} */ ([layer, meaning, layers.filter(([, own]) => own === layer).map(([name]) => name)]));
}

function picture() {
  const edges = withoutDetours(packageEdges());
  const linked = new Set([...edges].flatMap(([node, { always, optional }]) => (always.size + optional.size === 0 ? [] : [node, ...always, ...optional])));
  const drawn = layersFromAbove()
    .filter(([layer]) => layer !== "tooling")
    .map(([layer, , names]) => /** @type {const} */ ([layer, names.filter((name) => linked.has(nodeOf(name, layer)))]));
  const lines = ['%%{init: {"flowchart": {"nodeSpacing": 14, "rankSpacing": 44}, "themeVariables": {"fontSize": "18px"}}}%%', "flowchart TB"];
  for (const [layer, names] of drawn) {
    const nodes = [...new Set(names.map((name) => nodeOf(name, layer)))];
    lines.push(...(nodes.length === 1 ? [`  ${nodes[0]}`] : [`  subgraph ${layer}-layer [${layer}]`, ...nodes.map((node) => `    ${node}`), "  end"]));
  }
  for (const node of new Set(drawn.flatMap(([layer, names]) => names.map((name) => nodeOf(name, layer))))) {
    const { always, optional } = /** @type {Edges} */ (edges.get(node));
    if (always.size > 0) lines.push(`  ${node} --> ${[...always].join(" & ")}`);
    if (optional.size > 0) lines.push(`  ${node} -.-> ${[...optional].join(" & ")}`);
  }
  return `\`\`\`mermaid\n${lines.join("\n")}\n\`\`\``;
}

function table() {
  const browser = new Set(browserPackages());
  const rows = layersFromAbove().map(([layer, meaning, names]) => {
    const packages = layer === "method" ? "[one each](README.md#methods)" : names.map((name) => `[\`${name}\`](packages/${name})`).join(" ");
    const allowed = allowedImports[layer];
    const imports = allowed === undefined ? "anything" : allowed.join(", ") || "nothing of ours";
    const elsewhere = names.filter((name) => !browser.has(name));
    const runs = elsewhere.length === names.length ? "no" : elsewhere.length === 0 ? "yes" : `but for ${elsewhere.map((name) => `\`${name}\``).join(", ")}`;
    return `| ${layer} | ${meaning} | ${packages} | ${imports} | ${runs} |`;
  });
  return `| layer | what | packages | may import | in browsers |\n|---|---|---|---|---|\n${rows.join("\n")}`;
}

/** ARCHITECTURE.md with the graph of today. @param {string} page */
export const withPackageGraph = (page) =>
  withWrittenPart(page, { benchmark: "readme", document: "ARCHITECTURE.md", command: "node benchmarks/readme/architecture.js", what: "graph", part: `${picture()}\n\n${table()}\n` });
