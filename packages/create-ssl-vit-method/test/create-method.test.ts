import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createMethod } from "../src/create-method.js";
import { run } from "../src/index.js";
import { methodNames } from "../src/method-names.js";
import { templateFiles, type TemplatePart } from "../src/template-files.js";

const paper = "https://arxiv.org/abs/2105.04906";
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "create-ssl-vit-method-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** What a call prints, and its exit code. */
function printedBy(argv: readonly string[]): { readonly code: number; readonly output: string; readonly errors: string } {
  const printed = { output: "", errors: "" };
  const keep = (name: "output" | "errors") => (text: unknown): boolean => {
    printed[name] += String(text);
    return true;
  };
  vi.spyOn(process.stdout, "write").mockImplementation(keep("output"));
  vi.spyOn(process.stderr, "write").mockImplementation(keep("errors"));
  try {
    return { code: run(argv, folder), ...printed };
  } finally {
    vi.restoreAllMocks();
  }
}

describe("names", () => {
  it("are spelt for every place", () => {
    expect(methodNames("far-2-near", "@ssl-vit")).toEqual({ packageName: "@ssl-vit/far-2-near", method: "far-2-near", camel: "far2Near", pascal: "Far2Near", snake: "far_2_near" });
    expect(methodNames("@some.one/far")).toEqual({ packageName: "@some.one/far", method: "far", camel: "far", pascal: "Far", snake: "far" });
    expect(methodNames("far-near").packageName).toBe("far-near");
  });

  it.each(["", "Far", "far_near", "far--near", "-far", "2far", "far.near", "far near", "../far", "@someone", "@/far", "@Someone/far", "far/near", "node_modules", "ä", "f".repeat(215)])(
    'refuses "%s"',
    (name) => {
      expect(() => methodNames(name)).toThrow(`[create-ssl-vit-method] name: expected lower-case words joined by hyphens, with or without a scope, received ${JSON.stringify(name)}. For example: my-method.`);
    },
  );

  it.each(["class", "import", "tidy", "vit", "default", "defaults", "encoder", "nt-xent", "method-factory"])("refuses %s, a word of the code", (name) => {
    expect(() => methodNames(name)).toThrow(`Add a word: ${name}-method.`);
    expect(methodNames(`${name}-method`).method).toBe(`${name}-method`);
  });

  it("have no scope of their own in the repository", () => {
    expect(() => methodNames("@someone/far", "@ssl-vit")).toThrow("expected a name without a scope");
  });
});

describe("in the repository", () => {
  const request = { name: "far-near", paper, inRepository: true } as const;

  it("writes the package, the script of its golden step and a changeset", () => {
    const { files, packageFolder } = createMethod({ ...request, folder });
    expect(packageFolder).toBe("packages/far-near");
    expect(files).toEqual([
      ".changeset/far-near.md",
      "benchmarks/reference/methods/far_near.py",
      ...["README.md", "package.json", "src/config.ts", "src/far-near.ts", "src/index.ts", "src/presets.ts", "src/views.ts", "test/far-near.test.ts", "test/golden/step.json", "tsconfig.json", "tsup.config.js"].map((path) => `packages/far-near/${path}`),
    ]);
    expect(readFileSync(join(folder, "benchmarks/reference/methods/far_near.py"), "utf8")).toContain("usage: python far_near.py OUT.json      (packages/far-near/test/golden/step.json)");
    expect(readFileSync(join(folder, ".changeset/far-near.md"), "utf8")).toContain('"@ssl-vit/far-near": minor');
    expect(readFileSync(join(folder, "packages/far-near/src/far-near.ts"), "utf8")).toContain(`paper: "${paper}"`);
  });

  it.each([
    ["the package's folder", "packages/far-near", undefined],
    ["the script", "benchmarks/reference/methods", "far_near.py"],
    ["the changeset", ".changeset", "far-near.md"],
  ])("overwrites nothing: %s", (_, there, file) => {
    mkdirSync(join(folder, there), { recursive: true });
    if (file !== undefined) writeFileSync(join(folder, there, file), "mine");
    const before = readdirSync(folder, { recursive: true });
    expect(() => createMethod({ ...request, folder })).toThrow(`[create-ssl-vit-method] name: expected one that is free, received "far-near", and ${join(folder, there, file ?? "")} is there. Choose another name, or move what is there.`);
    expect(readdirSync(folder, { recursive: true })).toEqual(before);
    if (file !== undefined) expect(readFileSync(join(folder, there, file), "utf8")).toBe("mine");
  });
});

describe("outside", () => {
  it("writes a package of its own that depends on published versions", () => {
    const { files } = createMethod({ name: "@someone/far-near", paper, folder, inRepository: false });
    expect(files).toEqual(expect.arrayContaining(["far-near/.gitignore", "far-near/vitest.config.ts", "far-near/test/golden/far_near.py", "far-near/test/golden/tiny_vit.py"]));
    const text = readFileSync(join(folder, "far-near/package.json"), "utf8");
    expect(text).not.toMatch(/workspace:|catalog:/);
    const manifest = JSON.parse(text) as { name: string; keywords: string[]; dependencies: Record<string, string>; devDependencies: Record<string, string> };
    expect(manifest).toMatchObject({ name: "@someone/far-near", keywords: expect.arrayContaining(["ssl-vit-method"]) as string[] });
    for (const range of Object.values({ ...manifest.dependencies, ...manifest.devDependencies })) expect(range).toMatch(/^[~^]\d+\.\d+\.\d+$/);
    const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as { version: string };
    expect(manifest.dependencies["@ssl-vit/core"]).toBe(`^${version}`);
    expect(readFileSync(join(folder, "far-near/README.md"), "utf8")).toContain('import { farNear } from "@someone/far-near";');
  });

  it("has the dependencies that it has in the repository", () => {
    const dependenciesOf = (part: TemplatePart): unknown => (JSON.parse(templateFiles(part)["package.json"]!) as { dependencies: unknown }).dependencies;
    expect(dependenciesOf("standalone")).toEqual(dependenciesOf("repository"));
  });
});

describe("the command", () => {
  it("prints what it wrote and what to do next", () => {
    const { code, output } = printedBy(["far-near", "--paper", paper]);
    expect(code).toBe(0);
    expect(output).toContain("far-near/src/far-near.ts");
    expect(output).toContain("$ npx ssl-vit pretrain --method . --data photos/ --out runs/far-near");
    expect(existsSync(join(folder, "far-near/src/far-near.ts"))).toBe(true);
  });

  it("names the repository's commands there", () => {
    writeFileSync(join(folder, "pnpm-workspace.yaml"), "");
    const { code, output } = printedBy(["far-near", "--paper", paper, "--repository", "."]);
    expect(code).toBe(0);
    expect(output).toContain("$ npx --yes pnpm@10 --filter @ssl-vit/far-near test");
  });

  it.each([
    [["far-near"], "required option '--paper <url>' not specified"],
    [["--paper", paper], "missing required argument 'name'"],
    [["far", "near", "--paper", paper], "too many arguments"],
    [["Far", "--paper", paper], "[create-ssl-vit-method] name: expected lower-case words"],
    [["far", "--paper", "2105.04906"], '[create-ssl-vit-method] --paper: expected an address that begins with https://, received "2105.04906". For example:'],
    [["far", "--paper", 'https://example.org/"'], "--paper: expected an address"],
    [["far", "--paper", paper, "--repository", "."], "[create-ssl-vit-method] --repository: expected a clone of ssl-vit"],
  ])("refuses %j", (argv, message) => {
    const { code, errors } = printedBy(argv);
    expect(errors).toContain(message);
    expect(code).toBe(2);
    expect(readdirSync(folder)).toEqual([]);
  });
});
