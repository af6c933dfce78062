import { convertChannels } from "./convert-channels.js";
import type { RawImage } from "./raw-image.js";

/** Every pixel's luma, in as many channels as before (torchvision's RandomGrayscale). */
export function grayscale(image: RawImage): RawImage {
  return image.channels === 1 ? image : convertChannels(convertChannels(image, 1), 3);
}
