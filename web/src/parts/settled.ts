import { useEffect, useState } from "react";

/** A text once it has stood unchanged for so many milliseconds; until then the one before it, "" at first. */
export function useSettled(text: string, wait: number): string {
  const [settled, setSettled] = useState("");
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), wait);
    return () => clearTimeout(timer);
  }, [text, wait]);
  return settled;
}
