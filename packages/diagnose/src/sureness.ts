import type { Diagnosis } from "@ssl-vit/core";

/** How sure a diagnosis is, for a person: `97 %`. */
export const sureness = ({ confidence }: Pick<Diagnosis, "confidence">): string => `${Math.round(100 * confidence)} %`;
