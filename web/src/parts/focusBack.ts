import { useEffect, useState } from "react";

/**
 * For what opens over a page: when it closes, the focus is where it was. Where that is gone, as a row that is
 * settled, or never was, as behind a mail's link, the page's title has it; so has it where `to` says so.
 */
export function useFocusBack(to: "before" | "title" = "before"): void {
  const [before] = useState(() => document.activeElement);
  useEffect(
    () => () => {
      // Not at once: the drawer that goes away still keeps the page behind it from the focus.
      setTimeout(() => {
        if (document.activeElement && document.activeElement !== document.body) return;
        const there = to === "before" && before?.isConnected && before !== document.body ? before : document.querySelector("h1");
        (there as HTMLElement | null)?.focus();
      });
    },
    [before, to],
  );
}
