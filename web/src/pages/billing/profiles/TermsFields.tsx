import { Dropdown, Field, Input, Option } from "@fluentui/react-components";
import type { ReactElement } from "react";
import { BILLABLE, PRICES, type Billable, type PriceRule, type Terms } from "./terms";

interface Props {
  terms: Terms;
  set: (change: Partial<Terms>) => void;
  /** What marks the field of this name. */
  marked: (field: string) => object;
}

/** Whether a profile's lines are charged, and at which price. */
export function TermsFields({ terms: { billable, price }, set, marked }: Props): ReactElement {
  return (
    <>
      <Field label="Charged" {...marked("billable")}>
        <Dropdown
          style={{ minWidth: 0 }}
          value={BILLABLE[billable]}
          selectedOptions={[billable]}
          onOptionSelect={(_, { optionValue }) => set({ billable: optionValue as Billable })}
        >
          {(Object.keys(BILLABLE) as Billable[]).map((one) => (
            <Option key={one} value={one}>
              {BILLABLE[one]}
            </Option>
          ))}
        </Dropdown>
      </Field>
      <Field label="Price" {...marked("priceRule")}>
        <Dropdown
          style={{ minWidth: 0 }}
          value={PRICES[price.rule]}
          selectedOptions={[price.rule]}
          onOptionSelect={(_, { optionValue }) => set({ price: { rule: optionValue as PriceRule, amount: "" } })}
        >
          {(Object.keys(PRICES) as PriceRule[]).map((one) => (
            <Option key={one} value={one}>
              {PRICES[one]}
            </Option>
          ))}
        </Dropdown>
      </Field>
      {price.rule !== "psa" && (
        <Field
          label={price.rule === "fixed" ? "For a seat" : "Percent, less with a minus"}
          {...marked(price.rule === "fixed" ? "price" : "percent")}
        >
          <Input
            inputMode="decimal"
            value={price.amount}
            onChange={(_, { value }) => set({ price: { rule: price.rule, amount: value } })}
          />
        </Field>
      )}
    </>
  );
}
