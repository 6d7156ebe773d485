import { Field, Select, type FieldProps } from "@fluentui/react-components";
import { useQuery } from "@tanstack/react-query";
import type { ReactElement } from "react";
import { everyRow, type Schemas } from "../../api/client";
import { useAccount, useApi } from "../../app/context";

type Agreement = Schemas["AgreementsToChoose"]["agreements"][number];
type Marked = Pick<FieldProps, "validationState" | "validationMessage">;
export interface WithinPeriodOptions {
  moreSeats?: Agreement["moreSeats"][number];
  fewerSeats?: Agreement["fewerSeats"][number];
}
const MORE_SEATS: Record<Agreement["moreSeats"][number], string> = {
  from_their_day: "Count from their day",
  from_period_start: "Count from the start of the period",
};
const FEWER_SEATS: Record<Agreement["fewerSeats"][number], string> = {
  at_once: "Count at once",
  next_period: "Count from the next period",
  credited: "Are credited from their day",
};

interface WithinPeriodProps {
  agreement: Agreement | undefined;
  options: WithinPeriodOptions;
  set: (options: WithinPeriodOptions) => void;
  marked: (field: string) => Marked;
}

/** What the agreement's PSA can do within a period; nothing is asked where there is no choice. */
export function WithinPeriod({ agreement, options, set, marked }: WithinPeriodProps): ReactElement {
  return (
    <>
      <InPeriod
        label="More seats within a period"
        words={MORE_SEATS}
        of={agreement?.moreSeats ?? []}
        value={options.moreSeats}
        choose={(moreSeats) => set({ ...options, moreSeats })}
        marked={marked("moreSeats")}
      />
      <InPeriod
        label="Fewer seats within a period"
        words={FEWER_SEATS}
        of={agreement?.fewerSeats ?? []}
        value={options.fewerSeats}
        choose={(fewerSeats) => set({ ...options, fewerSeats })}
        marked={marked("fewerSeats")}
      />
    </>
  );
}

function InPeriod<Word extends string>(props: {
  label: string;
  words: Record<Word, string>;
  of: Word[];
  value: Word | undefined;
  choose: (word: Word) => void;
  marked: Marked;
}): ReactElement | null {
  const { label, words, of, value, choose, marked } = props;
  if (of.length < 2) return null;
  return (
    <Field label={label} {...marked}>
      <Select value={value ?? of[0]} onChange={(_, data) => choose(data.value as Word)}>
        {of.map((word) => (
          <option key={word} value={word}>
            {words[word]}
          </option>
        ))}
      </Select>
    </Field>
  );
}

interface ChooseProps {
  label: string;
  value: string;
  choose: (value: string) => void;
  of: { id: string; name: string }[];
  hint?: string;
  /** There is always a choice. */
  chosen?: boolean;
  marked: Marked;
}

export function Choose({ label, value, choose, of, hint, chosen, marked }: ChooseProps): ReactElement {
  return (
    <Field label={label} hint={hint} {...marked}>
      <Select value={value} onChange={(_, data) => choose(data.value)}>
        {!chosen && <option value="">Choose</option>}
        {of.map(({ id, name }) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
      </Select>
    </Field>
  );
}

/** Chosen instead of a line that is there. */
export const CREATED = "create";

interface LineProps {
  free: Schemas["ShownPsaLine"][] | undefined;
  value: string;
  choose: (value: string) => void;
  marked: Marked;
}

export function ChooseLine({ free, value, choose, marked }: LineProps): ReactElement {
  return (
    <Field label="Line" {...marked}>
      <Select value={value} disabled={!free} onChange={(_, data) => choose(data.value)}>
        {value === "" && <option value="">Choose</option>}
        {free?.map(({ id, description, productId, quantity }) => (
          <option key={id} value={id}>
            {`Take over line ${id}: ${description || productId}, ${Number(quantity)}`}
          </option>
        ))}
        <option value={CREATED}>{free?.length ? "Create another line beside it" : "Create a line"}</option>
      </Select>
    </Field>
  );
}

/** The lines of the agreement that nobody owns and that are of the profile's product. */
export function useFreeLines(psaConnection: string, agreement: string, product: string) {
  const api = useApi();
  const { id: account } = useAccount();
  return useQuery({
    enabled: agreement !== "" && product !== "",
    queryKey: [account, "lines", psaConnection, agreement, product],
    queryFn: async () => {
      const all = await everyRow((cursor) =>
        api.GET("/api/accounts/{account}/psa-connections/{psaConnection}/agreements/{agreement}/lines", {
          params: { path: { account, psaConnection, agreement }, query: { cursor } },
        }),
      );
      return all.filter((line) => !line.mappingId && line.productId === product);
    },
  });
}
