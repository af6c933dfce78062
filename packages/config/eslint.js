import js from "@eslint/js";
import tseslint from "typescript-eslint";
import { browserPackages } from "./browser-packages.js";

/** The rules of this repository. None is switched off in a file without a reason beside it. */
export default tseslint.config(
  // AssemblyScript looks like TypeScript, but its types and operators are others.
  { ignores: ["**/dist/**", "**/target/**", "**/node_modules/**", "**/.turbo/**", "**/runs/**", "docs/api/**", "packages/augment/kernels/**"] },
  js.configs.recommended,
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true } },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      "max-lines": ["error", { max: 400 }],
      eqeqeq: "error",
      "no-console": "error",
      // With noUncheckedIndexedAccess, an index that the loop proves to be in range is written values[i]!.
      "@typescript-eslint/no-non-null-assertion": "off",
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true, allowBoolean: true }],
      "@typescript-eslint/consistent-type-imports": ["error", { fixStyle: "inline-type-imports" }],
      "@typescript-eslint/explicit-module-boundary-types": "error",
      "no-restricted-syntax": [
        "error",
        { selector: "ClassDeclaration[superClass]:not([superClass.name=/Error$|^MathBackendCPU$/])", message: "No inheritance: write a function that returns a plain object." },
        { selector: "ExportAllDeclaration", message: "Name what you export." },
      ],
      "no-restricted-properties": ["error", { object: "Math", property: "random", message: "Randomness comes from createRandom(seed)." }],
    },
  },
  {
    files: ["**/*.js", "**/*.mjs", "**/*.cjs"],
    ...tseslint.configs.disableTypeChecked,
    rules: { ...tseslint.configs.disableTypeChecked.rules, "@typescript-eslint/explicit-module-boundary-types": "off" },
    languageOptions: { ...tseslint.configs.disableTypeChecked.languageOptions, globals: { process: "readonly", console: "readonly", performance: "readonly", URL: "readonly", AbortController: "readonly", fetch: "readonly" } },
  },
  // Scripts that people run print; libraries do not.
  { files: ["benchmarks/**"], rules: { "no-console": "off" } },
  {
    // These run in browsers too.
    files: [`packages/{${browserPackages().join(",")}}/src/**/*.ts`],
    // What Node takes where a browser takes fetched-files.ts and no-folder.ts.
    ignores: ["packages/weights/src/{local-files,write-folder}.ts"],
    rules: { "no-restricted-globals": ["error", ...["process", "Buffer", "global", "require", "__dirname"].map((name) => ({ name, message: "This package also runs in a browser." }))] },
  },
);
