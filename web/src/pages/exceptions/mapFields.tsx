import { Field, Select, type FieldProps } from "@fluentui/react-components";
import { useQuery } from "@tanstack/react-query";
import type { ReactElement } from "react";
import { everyRow, type Schemas } from "../../api/client";
import { useAccount, useApi } from "../../app/context";
import { day } from "../../parts/format";
import type { Line } from "../../parts/mapping/leaving";

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

/** A line that a mapping may have: one that nobody owns, its own, or one of the tenant that is still to be ended. */
type ChoosableLine = Pick<Schemas["ShownPsaLine"], "id" | "description" | "productId" | "quantity"> & {
  isOwn: boolean;
  /** Its last day, where it is not ended in the PSA yet: its mapping may have it back. */
  lastDay: string;
};

interface LineProps {
  lines: ChoosableLine[] | undefined;
  value: string;
  choose: (value: string) => void;
  /** False where the mapping has a line of its own already. */
  mayCreate: boolean;
  marked: Marked;
}

export function ChooseLine({ lines, value, choose, mayCreate, marked }: LineProps): ReactElement {
  return (
    <Field label="Line" {...marked}>
      <Select value={value} disabled={!lines} onChange={(_, data) => choose(data.value)}>
        {value === "" && <option value="">Choose</option>}
        {lines?.map((line) => (
          <option key={line.id} value={line.id}>
            {lineWords(line)}
          </option>
        ))}
        {mayCreate && <option value={CREATED}>{lines?.length ? "Create another line beside it" : "Create a line"}</option>}
      </Select>
    </Field>
  );
}

function lineWords({ id, description, productId, quantity, isOwn, lastDay }: ChoosableLine): string {
  const told = `line ${id}: ${description || productId}, ${Number(quantity)}`;
  if (isOwn) return `Keep ${told}`;
  return lastDay ? `Bill on, not only until ${day(lastDay)}: ${told}` : `Take over ${told}`;
}

interface Wanted {
  tenantId: string;
  connection: string;
  agreement: string;
  product: string;
  /** The line that the mapping has now. */
  mine: Line | null;
}

/** The lines of the agreement that are of the profile's product and that the mapping may have. */
export function useLines({ tenantId, connection, agreement, product, mine }: Wanted) {
  const api = useApi();
  const { id: account } = useAccount();
  const own = mine && mine.connection === connection && mine.agreementId === agreement ? mine.lineId : "";
  return useQuery({
    enabled: agreement !== "" && product !== "",
    queryKey: [account, "lines", connection, agreement, product, own],
    queryFn: async (): Promise<ChoosableLine[]> => {
      const all = await everyRow((cursor) =>
        api.GET("/api/accounts/{account}/psa-connections/{psaConnection}/agreements/{agreement}/lines", {
          params: { path: { account, psaConnection: connection, agreement }, query: { cursor } },
        }),
      );
      const ofProduct = all.filter((line) => line.productId === product);
      const isKept = ofProduct.some((line) => line.id !== own && line.mappingId && line.tenantId === tenantId);
      const ending = isKept
        ? await everyRow((cursor) =>
            api.GET("/api/accounts/{account}/ending-lines", { params: { path: { account }, query: { cursor } } }),
          )
        : [];
      const lastDays = new Map(
        ending
          .filter((line) => line.tenantId === tenantId && line.connection === connection && line.agreementId === agreement && !line.proven)
          .map((line) => [line.lineId, line.lastDay]),
      );
      return ofProduct
        .map((line) => ({ ...line, isOwn: line.id === own, lastDay: lastDays.get(line.id) ?? "" }))
        .filter((line) => !line.mappingId || line.isOwn || line.lastDay);
    },
  });
}
