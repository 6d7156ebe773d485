import { Combobox, Option } from "@fluentui/react-components";
import { useState, type ReactElement } from "react";

/** So many are offered; a word more finds the others. */
const OFFERED = 20;

interface Props {
  label: string;
  /** What stands there while none is chosen. */
  placeholder: string;
  customers: { id: string; name: string }[];
  /** Id; "" is none. */
  chosen: string;
  choose: (customer: string) => void;
}

/** One customer of many, found by a part of its name. */
export function CustomerPicker({ label, placeholder, customers, chosen, choose }: Props): ReactElement {
  const [typed, setTyped] = useState<string | null>(null);
  const name = customers.find(({ id }) => id === chosen)?.name ?? chosen;
  const found = customers.filter((customer) => customer.name.toLowerCase().includes((typed ?? "").toLowerCase()));
  return (
    <Combobox
      clearable
      aria-label={label}
      placeholder={placeholder}
      value={typed ?? name}
      selectedOptions={chosen ? [chosen] : []}
      onChange={({ target }) => {
        setTyped(target.value);
        if (chosen && !target.value) choose("");
      }}
      onOptionSelect={(_, { optionValue = "" }) => {
        setTyped(null);
        choose(optionValue);
      }}
      onBlur={() => setTyped(null)}
    >
      {found.slice(0, OFFERED).map((customer) => (
        <Option key={customer.id} value={customer.id}>
          {customer.name}
        </Option>
      ))}
    </Combobox>
  );
}
