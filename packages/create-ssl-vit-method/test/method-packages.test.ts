import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { createMethod } from "../src/create-method.js";
import { methodPackages, structureProblems } from "./structure-problems.js";
import { temporaryWorkspace } from "./workspace.js";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const methods = methodPackages(root);

describe("every method of the repository has the structure of one", () => {
  it("finds them", () => {
    expect(methods.length).toBeGreaterThanOrEqual(17);
  });

  // No method is left out: what cannot follow a rule changes the rule.
  it.each(methods)("%s", async (method) => {
    expect(await structureProblems(root, method, methods)).toEqual([]);
  });
});

describe("a new method", () => {
  const workspace = temporaryWorkspace();
  /** The problems of a method of its own that was changed after it was created. */
  const problemsAfter = async (name: string, change: (folder: string) => void): Promise<string[]> => {
    const { packageFolder } = createMethod({ name, paper: "https://example.org/paper", folder: workspace.folder, inRepository: true });
    change(join(workspace.folder, packageFolder));
    return structureProblems(workspace.folder, name, [name, "dino"]);
  };
  const replace = (file: string, from: string | RegExp, to: string): void => {
    const text = readFileSync(file, "utf8");
    expect(text).not.toBe(text.replace(from, to));
    writeFileSync(file, text.replace(from, to));
  };

  it("has it from the start", async () => {
    expect(await problemsAfter("near-0", () => undefined)).toEqual([]);
  });

  it.each([
    ["near-1", "README.md", "| 0.1 |", "| 0.2 |", "README.md: the default of temperature is 0.1, not 0.2"],
    ["near-2", "README.md", "`hiddenDim`, `outputDim` | 2048, 128", "`hiddenDim` | 2048", "README.md: the option outputDim is missing"],
    ["near-3", "README.md", "`blur`", "`blurred`", ["README.md: the option blur is missing", "README.md: there is no option blurred"]],
    ["near-4", "README.md", "| `paper` |", "| paper |", "README.md: no word of the preset paper"],
    ["near-5", "README.md", "train({", "trained({", "README.md: no example that trains"],
    ["near-6", "package.json", '"ssl-vit-method",', "", "package.json: the keyword ssl-vit-method is missing"],
    ["near-7", "package.json", '"@ssl-vit/core"', '"@ssl-vit/dino": "workspace:^",\n    "@ssl-vit/core"', "package.json: depends on @ssl-vit/dino, another method"],
    ["near-8", "package.json", '"build": "tsup"', '"build": "tsc"', 'package.json: "scripts" is not the template\'s'],
    ["near-9", "src/near-9.ts", 'name: "near-9"', 'name: "near"', "src/near-9.ts: the method's name is near, not its package's"],
    ["near-10", "src/near-10.ts", "Deviations:", "Others:", 'src/near-10.ts: its header has no "Deviations:"'],
    ["near-11", "src/index.ts", /$/, 'export { defaults } from "./config.js";\n', "src/index.ts: exports other values than one factory made by defineMethod"],
    ["near-12", "src/config.ts", "  /** Softmax temperature of the loss. Default 0.1. */\n", "", "src/config.ts: temperature has no description"],
    ["near-13", "src/views.ts", /$/, "\n".repeat(200) + "// end\n", /^src: \d+ lines, more than 300$/],
    ["near-14", "test/near-14.test.ts", "testOnRanks(near14, { encoders: dropping, options });", "", "test: calls no testOnRanks"],
    ["near-15", "test/near-15.test.ts", /$/, '// import { dino } from "@ssl-vit/dino";\n', "near-15.test.ts: imports @ssl-vit/dino, another method"],
    ["near-17", "src/near-17.ts", '"paper" | "small"', '"small"', /^src\/near-17\.ts: the type of the factory names the presets "small", and there are "paper" \| "small"$/],
  ] as const)("%s is told what is wrong in %s", async (name, file, from, to, problems) => {
    const found = await problemsAfter(name, (folder) => {
      replace(join(folder, file), from, to);
    });
    if (problems instanceof RegExp) expect(found).toEqual([expect.stringMatching(problems)]);
    else expect(found).toEqual([problems].flat());
  });

  it("is told what is missing", async () => {
    const problems = await problemsAfter("near-16", (folder) => {
      for (const file of ["README.md", "test/golden/step.json"]) rmSync(join(folder, file));
    });
    expect(problems).toEqual(["packages/near-16/README.md is missing", "packages/near-16/test/golden/step.json is missing"]);
  });
});
