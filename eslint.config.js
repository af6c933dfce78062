export { default } from "@ssl-vit/config/eslint";
