// A page's script.
import check from "./module.mjs";

window.check = check;
