import { webDarkTheme, webLightTheme, type Theme } from "@fluentui/react-components";
import { useEffect, useState, useSyncExternalStore } from "react";

export type Look = "system" | "light" | "dark";
const KEY = "seatwise.look";
const system = matchMedia("(prefers-color-scheme: dark)");

/** Dark or light: the person's choice, which this browser remembers, else the system's. */
export function useLook(): { look: Look; setLook: (look: Look) => void; theme: Theme } {
  const [look, setLook] = useState<Look>(remembered);
  const systemDark = useSyncExternalStore(
    (changed) => {
      system.addEventListener("change", changed);
      return () => system.removeEventListener("change", changed);
    },
    () => system.matches,
  );
  const dark = look === "dark" || (look === "system" && systemDark);
  useEffect(() => {
    document.documentElement.style.colorScheme = dark ? "dark" : "light";
  }, [dark]);
  const choose = (chosen: Look) => {
    localStorage.setItem(KEY, chosen);
    setLook(chosen);
  };
  return { look, setLook: choose, theme: dark ? webDarkTheme : webLightTheme };
}

function remembered(): Look {
  const found = localStorage.getItem(KEY);
  return found === "light" || found === "dark" ? found : "system";
}
