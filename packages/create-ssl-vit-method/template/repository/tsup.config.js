export { default } from "@ssl-vit/config/tsup";
