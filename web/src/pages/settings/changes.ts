/** What an entry of the audit log changed, field by field, in words; pure. */
import { words } from "../../parts/format";

export interface Changed {
  /** Where it lies, from the outside in: "Parameters, renewal due, days". "" for a text that has no fields. */
  field: string;
  /** "" where there was nothing. */
  before: string;
  after: string;
}

type Name = (id: string) => string;

/** The fields that differ between two documents, or the two texts. `name` gives a person's word for an id. */
export function changesOf(before: string, after: string, name: Name = (id) => id): Changed[] {
  const [was, is] = [documentIn(before), documentIn(after)];
  if (was === CUT || is === CUT) return [{ field: "", before: "", after: "This change was too long to be kept here whole." }];
  if (was === null && is === null) {
    return before || after ? [{ field: "", before: told(before, name), after: told(after, name) }] : [];
  }
  const [fieldsBefore, fieldsAfter] = [flat(was, name), flat(is, name)];
  return [...new Set([...fieldsBefore.keys(), ...fieldsAfter.keys()])]
    .map((field) => ({ field, before: fieldsBefore.get(field) ?? "", after: fieldsAfter.get(field) ?? "" }))
    .filter((changed) => changed.before !== changed.after)
    // Its own id says least to a person, so it stands last.
    .sort((one, other) => Number(one.field === "Id") - Number(other.field === "Id"));
}

/** What it was done to: a name that is known or stands in what was stored, else the id. */
export function subjectOf({ subject, before, after }: { subject: string; before: string; after: string }, name: Name): string {
  const known = name(subject);
  if (known !== subject) return known;
  const named = [after, before].map(documentIn).map((stored) => (stored as { name?: unknown } | null)?.name);
  return named.find((found): found is string => typeof found === "string" && found !== "") ?? subject;
}

/** "Symbol: £ → €", or only what there is of both. */
export function sentenceOfChange({ field, before, after }: Changed): string {
  const values = before && after ? `${before} → ${after}` : before ? `${before} → nothing` : after;
  return field ? `${field}: ${values}` : values;
}

/** A document of which the log keeps only the beginning. */
const CUT = "cut";

function documentIn(text: string): unknown {
  if (!/^[{[]/.test(text)) return null;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return CUT;
  }
}

const FIELDS: Readonly<Record<string, string>> = { slug: "alert type", sku: "licence", tenant: "customer" };

/** How a person calls a stored field: what an id is of, not that it is one. */
function fieldWord(key: string): string {
  const word = words(key).toLowerCase().replace(/ id$/, "");
  return FIELDS[word] ?? word;
}

/** Every value of a document by the names that lead to it. */
function flat(value: unknown, name: Name, path: string[] = [], found = new Map<string, string>()): Map<string, string> {
  if (typeof value === "object" && value !== null && !isListOfValues(value)) {
    const list = Array.isArray(value);
    for (const [key, inner] of Object.entries(value)) {
      const word = list ? `${Number(key) + 1}.` : fieldWord(name(key));
      flat(inner, name, [...path, word], found);
    }
  } else {
    const field = path.join(", ");
    found.set(field.charAt(0).toUpperCase() + field.slice(1), told(value, name));
  }
  return found;
}

function isListOfValues(value: object): value is unknown[] {
  return Array.isArray(value) && value.every((one) => typeof one !== "object" || one === null);
}

function told(value: unknown, name: Name): string {
  if (value === null || value === undefined || value === "") return "";
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (Array.isArray(value)) return value.map((one) => told(one, name)).join(", ");
  const text = String(value);
  const known = name(text);
  // Words of a list of choices, such as "unused_licenses"; anything else is left as it was typed.
  return known === text && /^[a-z]+(_[a-z]+)+$/.test(text) ? words(text) : known;
}
