import { Combobox, Field, Option } from "@fluentui/react-components";
import type { ReactElement } from "react";

const ZONES = Intl.supportedValuesOf("timeZone");
const MOST_SHOWN = 40;

interface Props {
  value: string;
  set: (zone: string) => void;
  disabled?: boolean;
  validationState?: "error";
  validationMessage?: string;
}

/** An IANA timezone, found by any part of its name. */
export function ZonePicker({ value, set, disabled, ...field }: Props): ReactElement {
  const zones = ZONES.filter((zone) => zone.toLowerCase().includes(value.toLowerCase())).slice(0, MOST_SHOWN);
  return (
    <Field label="Timezone" hint="For days, schedules and month ends." {...field}>
      <Combobox
        freeform
        disabled={disabled}
        value={value}
        selectedOptions={[value]}
        onChange={(event) => set(event.target.value)}
        onOptionSelect={(_, { optionValue }) => optionValue && set(optionValue)}
      >
        {zones.map((zone) => (
          <Option key={zone}>{zone}</Option>
        ))}
      </Combobox>
    </Field>
  );
}
