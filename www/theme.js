// Lets the user choose between a light and a dark page. By default, the style sheets follow the
// system. If the user chooses a theme, this module changes the media condition of the rules for a
// dark page.
const STORAGE_KEY = "llm-fuse.theme";
const DARK = "screen and (prefers-color-scheme: dark)";
/** For each theme, the media condition of the rules for a dark page. */
const CONDITIONS = { system: DARK, light: "not all", dark: "screen" };

/** @param radios the radio buttons whose values are the themes */
export function createThemeSwitch(radios) {
  const rules = darkRules();
  const use = (theme) => {
    for (const rule of rules) rule.media.mediaText = CONDITIONS[theme];
    const meta = document.querySelector("meta[name=color-scheme]");
    meta.content = theme === "system" ? "light dark" : theme;
  };
  const stored = readTheme();
  use(stored);
  for (const radio of radios) {
    radio.checked = radio.value === stored;
    radio.addEventListener("change", () => {
      use(radio.value);
      storeTheme(radio.value);
    });
  }
}

function darkRules() {
  return [...document.styleSheets]
    .flatMap((sheet) => [...sheet.cssRules])
    .filter((rule) => rule instanceof CSSMediaRule && rule.media.mediaText === DARK);
}

function readTheme() {
  try {
    const theme = localStorage.getItem(STORAGE_KEY);
    return Object.hasOwn(CONDITIONS, theme ?? "") ? theme : "system";
  } catch {
    return "system";
  }
}

function storeTheme(theme) {
  try {
    localStorage.setItem(STORAGE_KEY, theme);
  } catch {
    // Storage is off, so the choice lasts until a reload.
  }
}
