import { extname } from "node:path";
import { imageExtensions } from "./decode-image.js";

const endings = new Set(imageExtensions);

/** Lower case, without the dot. */
export const extensionOf = (name: string): string => extname(name).slice(1).toLowerCase();

export const isImageName = (name: string): boolean => endings.has(extensionOf(name));
