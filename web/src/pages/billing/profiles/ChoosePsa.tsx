import { Dropdown, Field, Option } from "@fluentui/react-components";
import type { ReactElement } from "react";
import { usePsaConnections } from "../../../parts/usePsaConnections";

interface Props {
  chosen: string;
  choose: (psaConnection: string) => void;
  marked?: object;
}

/** Which PSA, where there are several. */
export function ChoosePsa({ chosen, choose, marked }: Props): ReactElement | null {
  const { data: psas = [] } = usePsaConnections();
  if (psas.length < 2) return null;
  return (
    <Field label="PSA" {...marked}>
      <Dropdown
        style={{ minWidth: 0 }}
        value={psas.find(({ id }) => id === chosen)?.name ?? ""}
        selectedOptions={[chosen]}
        onOptionSelect={(_, { optionValue }) => choose(optionValue ?? "")}
      >
        {psas.map((psa) => (
          <Option key={psa.id} value={psa.id}>
            {psa.name}
          </Option>
        ))}
      </Dropdown>
    </Field>
  );
}
