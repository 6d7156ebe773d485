import { Checkbox, Dropdown, Field, Link, MessageBar, MessageBarBody, Option, Switch, Text, makeStyles, tokens } from "@fluentui/react-components";
import { useQuery } from "@tanstack/react-query";
import type { ReactElement } from "react";
import { answer, versioned, type Schemas } from "../../api/client";
import { fieldOf, sentenceOf } from "../../api/problem";
import { useAccount, useApi, useMay } from "../../app/context";
import { useEdited, type Edited } from "../../parts/edited";
import { Choices } from "../../parts/Choices";
import { counted } from "../../parts/format";
import { useNotices } from "../../parts/notices";
import { SaveBar } from "../../parts/SaveBar";
import { Section } from "../../parts/Section";
import { Answer, Failed } from "../../parts/States";
import { useList } from "../../parts/useList";
import { SettleTicket } from "../exceptions/SettleTicket";
import { Number } from "./AlertsPart";
import { PsaCompany } from "./PsaCompany";

type Settings = Schemas["ShownTicketSettings"];
type Choice = Schemas["ShownChoice"];
type AlertType = Schemas["ShownTicketType"]["type"];
const NAMES = {
  on: "Tickets",
  connection: "PSA",
  board: "Board",
  priority: "Priority",
  closedStatus: "Status that closes",
  company: "Company",
  types: "Alerts",
  atMost: "Most a day",
};

const useStyles = makeStyles({
  row: { display: "grid", gap: "16px", gridTemplateColumns: "repeat(auto-fit, minmax(200px, 1fr))", alignItems: "start" },
  types: { display: "grid", gridTemplateColumns: "repeat(auto-fit, minmax(240px, 1fr))" },
  odd: { display: "grid", gap: "2px", padding: "8px 0", borderTop: `1px solid ${tokens.colorNeutralStroke3}` },
  soft: { color: tokens.colorNeutralForeground2 },
});

/** Alerts that become tickets of a PSA: an owner's. */
export function TicketsPart(): ReactElement {
  const api = useApi();
  const { id: account, mode } = useAccount();
  const notices = useNotices();
  const path = { account };
  const edited: Edited<Settings> = useEdited<Settings>({
    queryKey: [account, "ticket-settings"],
    read: () => versioned(api.GET("/api/accounts/{account}/ticket-settings", { params: { path } })),
    save: (change, etag) =>
      answer(
        api.PUT("/api/accounts/{account}/ticket-settings", {
          params: { path, header: { "If-Match": etag } },
          body: asked({ ...(edited.query.data?.value as Settings), ...change }),
        }),
      ),
    saved: () => notices.done("Ticket settings saved."),
  });
  return (
    <Section
      title="Tickets"
      about={`An alert that opens after you switch this on also becomes a service ticket of your PSA, and is closed there when it is settled.${mode === "preview" ? " In preview no ticket is written." : ""}`}
    >
      <Answer query={edited.query} rows={2}>
        {() => edited.value && <Form edited={edited} value={edited.value} />}
      </Answer>
      <State />
    </Section>
  );
}

/** All of it, as the API takes it: of a type only which it is. */
export function asked(value: Settings): Schemas["GivenTicketSettings"] {
  const { on, connection, board, priority, closedStatus, company, atMost } = value;
  return { on, connection, board, priority, closedStatus, company, atMost, types: value.types.map(({ type }) => type as AlertType) as Schemas["GivenTicketSettings"]["types"] };
}

function Form({ edited, value }: { edited: Edited<Settings>; value: Settings }): ReactElement {
  const mayChange = useMay("owner");
  return (
    <>
      <Switch
        label="Alerts become tickets"
        disabled={!mayChange}
        checked={value.on}
        onChange={(_, { checked }) => edited.set({ on: checked })}
      />
      {value.on && <Chosen edited={edited} value={value} disabled={!mayChange} />}
      {!mayChange && <Text>Only an owner of the account changes these.</Text>}
      {mayChange && <SaveBar edited={edited} names={NAMES} />}
    </>
  );
}

function Chosen({ edited, value, disabled }: { edited: Edited<Settings>; value: Settings; disabled: boolean }): ReactElement {
  const styles = useStyles();
  const api = useApi();
  const { id: account } = useAccount();
  const { query: psas } = useList<Schemas["ShownPsaState"]>(["psa-connections"], (listed, as, of) =>
    api.GET("/api/accounts/{account}/psa-connections", { params: { path: { account: of }, query: listed }, ...as }),
  );
  const { connection, board } = value;
  const choices = useQuery({
    queryKey: [account, "ticket-choices", connection, board],
    enabled: !disabled && connection !== "",
    placeholderData: (before) => before,
    queryFn: () =>
      answer(
        api.GET("/api/accounts/{account}/ticket-settings/choices", {
          params: { path: { account }, query: { connection, board } },
        }),
      ),
  });
  const refused = edited.conflict ? null : edited.saving.error;
  const wrong = (field: string) =>
    fieldOf(refused).split(".")[0] === field ? { validationState: "error" as const, validationMessage: sentenceOf(refused) } : {};
  const offered = choices.data;
  return (
    <>
      <div className={styles.row}>
        <Pick
          label="PSA"
          offered={psas.data ?? []}
          chosen={{ id: connection, name: psas.data?.find(({ id }) => id === connection)?.name ?? "" }}
          set={({ id }) => edited.set({ connection: id, board: "", priority: "", closedStatus: "", company: "", companyName: "" })}
          disabled={disabled}
        />
        <Pick
          label={offered?.boardWord ?? "Board"}
          offered={offered?.boards ?? []}
          chosen={{ id: board, name: value.boardName }}
          set={({ id, name }) => edited.set({ board: id, boardName: name, closedStatus: "", closedStatusName: "" })}
          disabled={disabled}
          {...wrong("board")}
        />
        <Pick
          label="Priority"
          offered={offered?.priorities ?? []}
          chosen={{ id: value.priority, name: value.priorityName }}
          set={({ id, name }) => edited.set({ priority: id, priorityName: name })}
          disabled={disabled}
          {...wrong("priority")}
        />
        <Pick
          label="Status that closes a ticket"
          offered={offered?.closedStatuses ?? []}
          chosen={{ id: value.closedStatus, name: value.closedStatusName }}
          set={({ id, name }) => edited.set({ closedStatus: id, closedStatusName: name })}
          disabled={disabled}
          {...wrong("closedStatus")}
        />
        {connection && (
          <PsaCompany
            key={connection}
            connection={connection}
            name={value.companyName}
            set={({ id, name }) => edited.set({ company: id, companyName: name })}
            disabled={disabled}
            {...wrong("company")}
          />
        )}
        <Number name="Most new tickets a day (1–200)" hint="The urgent and costly ones first; the rest has its turn on the next days." value={value.atMost} set={(atMost) => edited.set({ atMost })} min={1} max={200} disabled={disabled} {...wrong("atMost")} />
      </div>
      {choices.isError && <Failed error={choices.error} retry={() => void choices.refetch()} />}
      <Types edited={edited} value={value} disabled={disabled} {...wrong("types")} />
    </>
  );
}

interface Shown {
  disabled: boolean;
  validationState?: "error";
  validationMessage?: string;
}

interface PickProps extends Shown {
  label: string;
  offered: Choice[];
  chosen: Choice;
  set: (choice: Choice) => void;
}

function Pick({ label, offered, chosen, set, disabled, ...field }: PickProps): ReactElement {
  return (
    <Field label={label} {...field}>
      <Dropdown
        disabled={disabled}
        placeholder="Choose"
        value={offered.find(({ id }) => id === chosen.id)?.name ?? (chosen.id && chosen.name)}
        selectedOptions={chosen.id ? [chosen.id] : []}
        onOptionSelect={(_, { optionValue }) => {
          const found = offered.find(({ id }) => id === optionValue);
          if (found) set(found);
        }}
      >
        {offered.map(({ id, name }) => (
          <Option key={id} value={id}>
            {name}
          </Option>
        ))}
      </Dropdown>
    </Field>
  );
}

function Types({ edited, value, disabled, validationMessage }: Shown & { edited: Edited<Settings>; value: Settings }): ReactElement {
  const styles = useStyles();
  const api = useApi();
  const { id: account } = useAccount();
  const known = useQuery({
    queryKey: [account, "alert-types"],
    queryFn: () => answer(api.GET("/api/accounts/{account}/alert-settings", { params: { path: { account } } })),
  });
  const chosen = new Set<string>(value.types.map(({ type }) => type));
  const choose = (type: string, wanted: boolean) => {
    const others = value.types.filter((other) => other.type !== type);
    edited.set({ types: wanted ? [...others, { type, since: "" }] : others });
  };
  return (
    <Choices label="Alerts that become tickets" wrong={validationMessage}>
      <div className={styles.types}>
        {known.data?.types.filter(({ type }) => type !== "tickets_failed").map(({ type, title }) => (
          <Checkbox key={type} label={title} disabled={disabled} checked={chosen.has(type)} onChange={(_, { checked }) => choose(type, checked === true)} />
        ))}
      </div>
    </Choices>
  );
}

/** What cannot be done, and the tickets that a person must look at. */
function State(): ReactElement | null {
  const styles = useStyles();
  const api = useApi();
  const { id: account } = useAccount();
  const maySettle = useMay("admin");
  const { data: state } = useQuery({
    queryKey: [account, "tickets-state"],
    queryFn: () => answer(api.GET("/api/accounts/{account}/ticket-settings/state", { params: { path: { account } } })),
  });
  if (!state) return null;
  return (
    <>
      {state.failure && (
        <MessageBar intent="error" layout="multiline">
          <MessageBarBody>{state.failure} It is tried again tomorrow, and when you save.</MessageBarBody>
        </MessageBar>
      )}
      {(state.open > 0 || state.waiting > 0) && (
        <Text>
          {counted(state.open, "ticket")} open{state.waiting > 0 && `, ${counted(state.waiting, "alert")} waiting for another day`}.
        </Text>
      )}
      {state.toLookAt.map((odd) => (
        <div key={odd.reference} className={styles.odd}>
          <Text weight="semibold">{odd.summary}</Text>
          <Text>{told(odd)}</Text>
          {maySettle && odd.progress === "undecidable" && <SettleTicket reference={odd.reference} />}
          <Text className={styles.soft}>
            {odd.link ? <Link href={odd.link} target="_blank" rel="noreferrer">{odd.number}</Link> : odd.reference} {odd.why}
          </Text>
        </div>
      ))}
    </>
  );
}

/** What is wrong with a ticket, and what a person does about it. */
export function told({ progress, reference }: Pick<Schemas["TicketToLookAt"], "progress" | "reference">): string {
  switch (progress) {
    case "undecidable":
      return `Nobody knows whether the PSA made it, and its search shows none. Seatwise makes no second one until an admin looked for ${reference} there.`;
    case "refused":
      return "The PSA did not take it. It is tried again tomorrow.";
    default:
      return "The PSA did not let Seatwise close it. Close it by hand, or it is tried again tomorrow.";
  }
}
