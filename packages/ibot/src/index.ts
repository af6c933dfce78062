export type { IbotConfig } from "./config.js";
export { ibot, type IbotMethod } from "./ibot.js";
