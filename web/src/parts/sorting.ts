/** How rows of a table are sorted and searched; pure. */

type Direction = "ascending" | "descending";
export interface Sorting {
  column: string;
  direction: Direction;
}
export type Sortable = string | number | null;

const words = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

/** Null, which is not known, comes last in both directions. Equal rows keep their order. */
export function sorted<T>(rows: readonly T[], value: (row: T) => Sortable, direction: Direction): T[] {
  const sign = direction === "ascending" ? 1 : -1;
  return rows
    .map((row) => ({ row, key: value(row) }))
    .sort((a, b) => {
      if (a.key === null || b.key === null) return Number(a.key === null) - Number(b.key === null);
      const order =
        typeof a.key === "number" && typeof b.key === "number"
          ? a.key - b.key
          : words.compare(String(a.key), String(b.key));
      return sign * order;
    })
    .map(({ row }) => row);
}

/** Rows in which every word that was typed is found, whatever its case and accents. */
export function matching<T extends object>(rows: readonly T[], text: (row: T) => string, typed: string): readonly T[] {
  const wanted = plain(typed).split(/\s+/).filter(Boolean);
  if (!wanted.length) return rows;
  return rows.filter((row) => {
    let found = searched.get(row);
    if (found === undefined) searched.set(row, (found = plain(text(row))));
    return wanted.every((word) => found.includes(word));
  });
}

/** What each row is searched by, made once: a list may have tens of thousands. */
const searched = new WeakMap<object, string>();

function plain(text: string): string {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}
