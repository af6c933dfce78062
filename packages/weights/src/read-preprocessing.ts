import { filesIn } from "#files";
import { configFields, isRecord, parseConfig } from "./config-fields.js";
import { modelFolder } from "./model-folder.js";
import { completePreprocessing, type Preprocessing } from "./preprocessing.js";
import { readPreprocessorConfig, readTimmPreprocessing } from "./preprocessor-config.js";

/**
 * How a model wants its images, as its folder says: from transformers' preprocessor_config.json, timm's config.json, or the configuration of a run of ssl-vit.
 *
 * @param location the folder, or the file of weights in it
 * @returns undefined where the folder does not say
 * @throws ConfigError for a file that says something that cannot be used
 */
export async function readPreprocessing(location: string): Promise<Preprocessing | undefined> {
  const { folder } = modelFolder(location);
  if (folder === undefined) return undefined;
  const files = filesIn(folder);
  const processor = await files.readText("preprocessor_config.json");
  if (processor !== undefined) return readPreprocessorConfig(parseConfig(processor, `${folder}/preprocessor_config.json`), `${folder}/preprocessor_config.json`);
  const config = await files.readText("config.json");
  if (config !== undefined) {
    const values = parseConfig(config, `${folder}/config.json`);
    return readTimmPreprocessing(isRecord(values["pretrained_cfg"]) ? values["pretrained_cfg"] : values, `${folder}/config.json`);
  }
  const run = await files.readText("config.resolved.json");
  return run === undefined ? undefined : ofRun(parseConfig(run, `${folder}/config.resolved.json`)["run"], `${folder}/config.resolved.json`);
}

function ofRun(run: unknown, file: string): Preprocessing | undefined {
  if (!isRecord(run) || !isRecord(run["views"]) || !isRecord(run["encoder"])) return undefined;
  const encoder = configFields(run["encoder"], `${file}: encoder`);
  return completePreprocessing(run["views"]["normalize"] ?? {}, encoder.size("imageSize", 32), encoder.whole("channels", 3), { where: `${file}: views.normalize` });
}
