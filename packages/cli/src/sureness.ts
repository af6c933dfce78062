import type { Diagnosis } from "@ssl-vit/core";

/** `97 %` */
export const sureness = ({ confidence }: Pick<Diagnosis, "confidence">): string => `${Math.round(100 * confidence)} %`;
