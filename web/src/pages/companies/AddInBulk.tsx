import { Badge, Button, Checkbox, MessageBar, MessageBarBody, makeStyles } from "@fluentui/react-components";
import { CheckmarkCircleRegular } from "@fluentui/react-icons";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useMemo, useState, type ReactElement } from "react";
import { Link } from "wouter";
import { answer, type Schemas } from "../../api/client";
import { useAccount, useApi } from "../../app/context";
import { capital, counted } from "../../parts/format";
import { Section } from "../../parts/Section";
import { Answer, Empty, Failed } from "../../parts/States";
import { Table, type Column } from "../../parts/Table";
import { isPart, useList } from "../../parts/useList";
import { usePsaConnections } from "../../parts/usePsaConnections";
import { ChooseCompany, type Place } from "./ChooseCompany";

type Match = Schemas["ShownMatch"];
const useStyles = makeStyles({
  actions: { display: "flex", gap: "8px", flexWrap: "wrap" },
  list: { margin: "4px 0 0", paddingLeft: "20px" },
});

/** The company of the PSA that a tenant would be linked with, and whether it is to be. */
interface Choice {
  place: Place | null;
  taken: boolean;
}

/** Of several companies that could be meant none is, before a person says which. */
function firstChoice({ state, candidates }: Match): Choice {
  const place = candidates.length === 1 ? (candidates[0] ?? null) : null;
  return { place, taken: state === "sure" && place !== null };
}

/** Tenants without a company beside their match in the PSA. Sure ones are chosen; unsure ones a person chooses. */
export function AddInBulk({ close }: { close: () => void }): ReactElement {
  const styles = useStyles();
  const api = useApi();
  const { id: account } = useAccount();
  const queries = useQueryClient();
  const connections = usePsaConnections().data;
  const [choices, setChoices] = useState<Record<string, Choice>>({});
  const { query } = useList<Match>(["companies", "matches"], (asked, as) =>
    api.GET("/api/accounts/{account}/companies/matches", { params: { path: { account }, query: asked }, ...as }),
  );
  const choiceOf = (match: Match): Choice => choices[match.tenantId] ?? firstChoice(match);
  const isTaken = (match: Match) => choiceOf(match).taken;
  const add = useMutation({
    mutationFn: (matches: Match[]) =>
      answer(
        api.POST("/api/accounts/{account}/companies/bulk", {
          params: { path: { account } },
          body: {
            companies: matches.flatMap((match) => {
              const { place } = choiceOf(match);
              if (!place) return [];
              const { psaConnection, psaCompany } = place;
              return [{ tenantId: match.tenantId, psaConnection, psaCompany, name: "", partnerConnection: "" }];
            }),
          },
        }),
      ),
    onSuccess: () => void queries.invalidateQueries({ queryKey: [account] }),
  });
  const columns = useMemo<Column<Match>[]>(
    () => {
      const choose = ({ tenantId }: Match, choice: Choice) => setChoices((before) => ({ ...before, [tenantId]: choice }));
      return [
        {
          key: "take",
          title: "Add",
          width: "56px",
          small: true,
          cell: (row) => (
            <Checkbox
              aria-label={`Add ${row.name}`}
              disabled={!choiceOf(row).place}
              checked={isTaken(row)}
              onChange={(_, { checked }) => choose(row, { ...choiceOf(row), taken: checked === true })}
            />
          ),
        },
        { key: "name", title: "Tenant", width: "minmax(160px, 2fr)", value: (row) => row.name, cell: (row) => row.name },
        { key: "domain", title: "Domain", width: "minmax(130px, 2fr)", cell: (row) => row.domain },
        {
          key: "match",
          title: "Company in the PSA",
          width: "minmax(200px, 3fr)",
          value: (row) => row.state,
          cell: (row) => (
            <>
              <Badge appearance="tint" color={row.state === "sure" ? "success" : row.state === "unsure" ? "warning" : "informative"}>
                {row.state === "none" ? "No match" : capital(row.state)}
              </Badge>{" "}
              <ChooseCompany
                match={row}
                connections={connections ?? []}
                chosen={choiceOf(row).place}
                choose={(place) => choose(row, { place, taken: place !== null })}
              />
            </>
          ),
        },
      ];
    },
    // `choiceOf` reads what was chosen here.
    // eslint-disable-next-line react-hooks/exhaustive-deps
    [choices, connections],
  );
  return (
    <Section title="Add companies" about="Sure matches by name or domain are ticked. Unsure ones are never taken without you; what was not matched you find by its name.">
      <Answer query={query}>
        {(rows) => (
          <>
            <Table
              label="Tenants without a company"
              columns={columns}
              rows={rows}
              more={isPart(rows)}
              id={(row) => row.tenantId}
              text={(row) => `${row.name} ${row.domain}`}
              empty={
                <Empty icon={<CheckmarkCircleRegular />} title="Every tenant has its company">
                  A new customer is here after the next sync. Next, <Link href="/exceptions">map the licences of those you have</Link>.
                </Empty>
              }
            />
            {add.data && <Outcome outcome={add.data} />}
            {add.error && <Failed error={add.error} />}
            <div className={styles.actions}>
              {rows.length > 0 && (
                <Button
                  appearance="primary"
                  disabled={!rows.some(isTaken) || add.isPending}
                  onClick={() => add.mutate(rows.filter(isTaken))}
                >
                  Add {counted(rows.filter(isTaken).length, "company", "companies")}
                </Button>
              )}
              <Button onClick={close}>Close</Button>
            </div>
          </>
        )}
      </Answer>
    </Section>
  );
}

function Outcome({ outcome }: { outcome: Schemas["BulkOutcomes"] }): ReactElement {
  const styles = useStyles();
  const refused = outcome.companies.filter(({ outcome: one }) => one !== "added" && one !== "already_added");
  return (
    <MessageBar intent={refused.length ? "warning" : "success"} layout="multiline">
      <MessageBarBody>
        {counted(outcome.added, "company", "companies")} added. They are read in the next sync.
        {refused.length > 0 && (
          <ul className={styles.list}>
            {refused.map((company) => (
              <li key={company.tenantId}>{company.reason || company.outcome.replaceAll("_", " ")}</li>
            ))}
          </ul>
        )}
      </MessageBarBody>
    </MessageBar>
  );
}
