import { Combobox, Field, Option } from "@fluentui/react-components";
import { useState, type ReactElement } from "react";
import type { Schemas } from "../../api/client";

export type Filters = Schemas["ShownFilters"];
type FilterName = keyof Filters;
export const FIELDS: FilterName[] = ["office", "department", "state", "city"];
export const TITLES: Record<FilterName, string> = { office: "Office", department: "Department", state: "State", city: "City" };

interface Props {
  field: FilterName;
  chosen: string[];
  /** What users have in this field. */
  there: Schemas["ShownText"][];
  disabled: boolean;
  choose: (texts: string[]) => void;
}

/** Texts of which a user must have any: chosen from what users have, or typed. */
export function FilterField({ field, chosen, there, disabled, choose }: Props): ReactElement {
  const [typed, setTyped] = useState<string | null>(null);
  const texts = optionsOf(chosen, there, typed ?? "");
  return (
    <Field label={TITLES[field]}>
      <Combobox
        multiselect
        disabled={disabled}
        placeholder="Everybody"
        value={typed ?? chosen.join(", ")}
        selectedOptions={chosen}
        onChange={(event) => setTyped(event.target.value)}
        onBlur={() => setTyped(null)}
        onOptionSelect={(_, { selectedOptions }) => {
          choose(selectedOptions);
          setTyped(null);
        }}
      >
        {texts.map(({ text, users }) => (
          <Option key={text} value={text} text={text}>
            {users === null ? text : `${text} (${users})`}
          </Option>
        ))}
        {texts.length === 0 && (
          <Option value="" disabled>
            No user has one
          </Option>
        )}
      </Combobox>
    </Field>
  );
}

/** What is offered: what is chosen, what users have, and what is typed. A blank field cannot be asked for. */
export function optionsOf(chosen: string[], there: { text: string; users: number }[], typed: string) {
  const known = new Map<string, { text: string; users: number | null }>();
  const same = (text: string) => text.trim().toLowerCase();
  for (const text of chosen) known.set(same(text), { text, users: null });
  for (const { text, users } of there) if (text) known.set(same(text), { text: known.get(same(text))?.text ?? text, users });
  const wanted = same(typed);
  const fitting = [...known.values()].filter(({ text }) => same(text).includes(wanted));
  return wanted && !known.has(wanted) ? [...fitting, { text: typed.trim(), users: null }] : fitting;
}
