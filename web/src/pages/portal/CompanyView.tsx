import { Button, Text, makeStyles, tokens } from "@fluentui/react-components";
import { useQuery } from "@tanstack/react-query";
import type { ReactElement } from "react";
import { answer, type Schemas } from "../../api/client";
import { useApi } from "../../app/context";
import { download } from "../../parts/download";
import { count, counted, day, money, monthName } from "../../parts/format";
import { useNotices } from "../../parts/notices";
import { Section } from "../../parts/Section";
import { Answer } from "../../parts/States";
import { Table, type Column } from "../../parts/Table";
import { changesOf, durationOf, personChange } from "./wording";

type View = Schemas["ShownPortalView"];
type Licence = Schemas["ShownPortalLicence"];
type Person = Schemas["ShownPersonMonth"];

const useStyles = makeStyles({
  title: { margin: 0 },
  soft: { color: tokens.colorNeutralForeground2, display: "block" },
  list: { margin: 0, padding: "0 0 0 20px", display: "grid", gap: "6px" },
  reports: { listStyleType: "none", margin: 0, padding: 0, display: "grid", gap: "8px" },
  report: { display: "flex", gap: "12px", alignItems: "center", justifyContent: "space-between", flexWrap: "wrap" },
});

/** One company: licences, what changed this month, people, and the reports of past months. */
export function CompanyView({ account, company }: { account: string; company: string }): ReactElement {
  const api = useApi();
  const styles = useStyles();
  const path = { account, company };
  const view = useQuery({
    queryKey: ["portal", account, company],
    queryFn: () => answer(api.GET("/api/portal/{account}/companies/{company}", { params: { path } })),
  });
  return (
    <>
      <Answer query={view} rows={8}>
        {(found) => (
          <>
            <header>
              <Text as="h1" size={700} weight="semibold" block className={styles.title}>
                {found.company}
              </Text>
              <Text className={styles.soft}>Microsoft 365 licences as of {day(found.asOf)}</Text>
            </header>
            <Licences view={found} />
            <Changes view={found} />
            <Reports account={account} company={company} />
            <People people={found.people} />
          </>
        )}
      </Answer>
      {view.isError && <Reports account={account} company={company} />}
    </>
  );
}

function Licences({ view }: { view: View }): ReactElement {
  const styles = useStyles();
  const seats = (key: "purchased" | "assigned" | "spare", title: string): Column<Licence> => ({
    key,
    title,
    width: "92px",
    number: true,
    value: ({ counts }) => counts[key] ?? -1,
    cell: ({ counts }) => (counts[key] === null ? "–" : count(counts[key])),
  });
  const columns: Column<Licence>[] = [
    {
      key: "name",
      title: "Licence",
      width: "minmax(200px, 3fr)",
      value: (row) => row.name,
      cell: (row) => <Text weight="semibold">{row.name}</Text>,
    },
    seats("purchased", "Purchased"),
    seats("assigned", "Assigned"),
    seats("spare", "Spare"),
    {
      key: "term",
      title: "Term",
      width: "minmax(180px, 2fr)",
      cell: ({ terms }) =>
        terms
          .filter((term) => term.ends)
          .map((term, index) => (
            <span key={index} className={styles.soft}>
              {counted(term.seats, "seat")}
              {durationOf(term.duration) && `, ${durationOf(term.duration)}`}, until {day(term.ends ?? "")}
            </span>
          )),
    },
  ];
  if (view.licences.some(({ unitPrice }) => unitPrice !== null)) {
    columns.push({
      key: "price",
      title: "Price a seat",
      width: "110px",
      number: true,
      cell: ({ unitPrice }) => (unitPrice === null ? "–" : money(unitPrice, view.currencySymbol)),
    });
  }
  return (
    <Section title="Licences">
      <Table label="Licences" columns={columns} rows={view.licences} id={({ name, terms }) => `${name} ${JSON.stringify(terms)}`} empty="There are no licences. They are here as soon as one is bought and has been read." />
    </Section>
  );
}

function Changes({ view }: { view: View }): ReactElement {
  const styles = useStyles();
  const changes = [...view.licences.flatMap(changesOf), ...view.personChanges.map((change) => ({ on: change.on, text: personChange(change) }))];
  changes.sort((one, other) => other.on.localeCompare(one.on));
  return (
    <Section title="Changes this month">
      {changes.length ? (
        <ul className={styles.list}>
          {changes.map(({ on, text }, index) => (
            <li key={index}>
              {day(on)}: {text}
            </li>
          ))}
        </ul>
      ) : (
        <Text>Nothing has changed.</Text>
      )}
    </Section>
  );
}

function People({ people }: { people: Person[] | null }): ReactElement {
  const columns: Column<Person>[] = [
    { key: "name", title: "Name", width: "minmax(140px, 2fr)", value: (row) => row.name, cell: (row) => row.name },
    { key: "upn", title: "Sign-in name", width: "minmax(200px, 3fr)", value: (row) => row.upn, cell: (row) => row.upn },
    { key: "licences", title: "Licences", width: "minmax(200px, 3fr)", cell: (row) => row.licences.join(", ") },
  ];
  return (
    <Section title="People with a licence">
      {people ? (
        <Table label="People" columns={columns} rows={people} id={(row) => row.upn} text={(row) => `${row.name} ${row.upn} ${row.licences.join(" ")}`} empty="Nobody has a licence. People are here as soon as one is assigned to them." />
      ) : (
        <Text>Who they are is not known at the moment.</Text>
      )}
    </Section>
  );
}

function Reports({ account, company }: { account: string; company: string }): ReactElement {
  const api = useApi();
  const styles = useStyles();
  const { failed } = useNotices();
  const path = { account, company };
  const reports = useQuery({
    queryKey: ["portal", account, company, "reports"],
    queryFn: () => answer(api.GET("/api/portal/{account}/companies/{company}/reports", { params: { path } })),
  });
  const save = (month: string) =>
    void download(
      api.GET("/api/portal/{account}/companies/{company}/reports/{month}", { params: { path: { ...path, month } }, parseAs: "blob" }),
      `microsoft-365-licences-${month}.pdf`,
    ).catch((error: unknown) => failed("The report was not downloaded.", error));
  return (
    <Section title="Reports">
      <Answer query={reports} rows={2}>
        {(found) =>
          found.length ? (
            <ul className={styles.reports} aria-label="Reports">
              {found.map(({ month }) => (
                <li key={month} className={styles.report}>
                  {monthName(month)}
                  <Button onClick={() => save(month)} aria-label={`Download PDF: ${monthName(month)}`}>
                    Download PDF
                  </Button>
                </li>
              ))}
            </ul>
          ) : (
            <Text>There are no reports yet. Each month that is sent to you will be here.</Text>
          )
        }
      </Answer>
    </Section>
  );
}
