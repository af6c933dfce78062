import preset from "@ssl-vit/config/tsup";

export default { ...preset, platform: "node" };
