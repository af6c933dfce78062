/**
 * `["native"]` where the package @ssl-vit/backend-native loads, else nothing after saying plainly what is skipped: a list to add to the
 * backends that a test runs on. Nothing as well where SSL_VIT_TEST_ENGINE names the one engine to test.
 *
 * @param load `() => import("@ssl-vit/backend-native")`, of a package that has it among its devDependencies
 */
export async function nativeWhereBuilt(load: () => Promise<unknown>): Promise<readonly "native"[]> {
  if (process.env["SSL_VIT_TEST_ENGINE"] !== undefined) return [];
  try {
    await load();
    return ["native"];
  } catch (error) {
    process.stderr.write(`SKIPPED on native: ${error instanceof Error ? error.message : String(error)}\n`);
    return [];
  }
}
