import { Button, Field, Input, Radio, RadioGroup, Text, makeStyles, tokens } from "@fluentui/react-components";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState, type ReactElement } from "react";
import { answer, type Schemas } from "../../api/client";
import { useAccount, useApi } from "../../app/context";
import { counted, day } from "../../parts/format";
import { SideDrawer } from "../../parts/SideDrawer";
import { Answer, Failed } from "../../parts/States";
import { useList } from "../../parts/useList";
import { Act, Actions, Refusal } from "../exceptions/Actions";
import { useRemedied } from "../exceptions/useRemedied";
import { useCompanies, type Company } from "./useCompanies";

type Line = Schemas["ShownCompanyLine"];
/** What becomes of the company's lines: they end on a day, or somebody of the MSP looks after them. */
type Fate = "end" | "mine";

const useStyles = makeStyles({
  told: {
    margin: 0,
    padding: "12px 12px 12px 28px",
    borderRadius: tokens.borderRadiusMedium,
    backgroundColor: tokens.colorNeutralBackground3,
  },
});

/** Removes a company of a tenant, once it is said what becomes of its lines (K15). */
export function RemoveCompany({ tenant, close }: { tenant: string; close: () => void }): ReactElement {
  const { query } = useCompanies();
  return (
    <SideDrawer title="Remove the company" close={close}>
      <Text>Its licences are read and billed by Seatwise no more. The ledger and its history stay, and it can be added again.</Text>
      <Answer query={query} rows={4}>
        {(companies) => <OneOf companies={companies.filter(({ tenantId }) => tenantId === tenant)} close={close} />}
      </Answer>
    </SideDrawer>
  );
}

function OneOf({ companies, close }: { companies: Company[]; close: () => void }): ReactElement {
  const [chosen, setChosen] = useState("");
  const company = companies.find(({ id }) => id === chosen) ?? companies[0];
  if (!company) return <Text>This tenant is no company any more.</Text>;
  return (
    <>
      {companies.length > 1 && (
        <Field label="Which one">
          <RadioGroup value={company.id} onChange={(_, { value }) => setChosen(value)}>
            {companies.map(({ id, name }) => (
              <Radio key={id} value={id} label={name} />
            ))}
          </RadioGroup>
        </Field>
      )}
      <Removal key={company.id} company={company} close={close} />
    </>
  );
}

function Removal({ company, close }: { company: Company; close: () => void }): ReactElement {
  const api = useApi();
  const { query } = useList<Line>(["company-lines", company.id], (asked, as, account) =>
    api.GET("/api/accounts/{account}/companies/{company}/lines", {
      params: { path: { account, company: company.id }, query: asked },
      ...as,
    }),
  );
  return (
    <Answer query={query} rows={3}>
      {(lines) => <Form company={company} lines={lines} close={close} />}
    </Answer>
  );
}

function Form({ company, lines, close }: { company: Company; lines: Line[]; close: () => void }): ReactElement {
  const [fate, setFate] = useState<Fate>("end");
  const [lastDay, setLastDay] = useState("");
  const [reason, setReason] = useState("");
  const ends = lines.length > 0 && fate === "end";
  const preview = useEnds(company, ends ? lastDay : "");
  const remove = useRemove(company, close);
  const said = ends ? { lastDay } : { lookedAfter: lines.map(({ connection, lineId }) => `${connection}/${lineId}`).join(",") };
  return (
    <>
      {lines.length > 0 && (
        <Field label={`${counted(lines.length, "line")} of it ${lines.length === 1 ? "bills" : "bill"} at this time`}>
          <RadioGroup value={fate} onChange={(_, { value }) => setFate(value as Fate)}>
            <Radio value="end" label={lines.length === 1 ? "It ends on a day" : "They end on a day"} />
            <Radio
              value="mine"
              label={`${lines.length === 1 ? "It stays as it is" : "They stay as they are"} in the PSA, and I look after ${lines.length === 1 ? "it" : "them"} myself`}
            />
          </RadioGroup>
        </Field>
      )}
      {ends && (
        <Field label="Last day to bill" hint="Its seats are billed until then, and that day too.">
          <Input type="date" value={lastDay} onChange={(_, { value }) => setLastDay(value)} />
        </Field>
      )}
      {ends && preview.data && <Ends of={preview.data} />}
      {ends && preview.error && <Failed error={preview.error} retry={() => void preview.refetch()} />}
      <Field label="Reason">
        <Input value={reason} maxLength={200} onChange={(_, { value }) => setReason(value)} />
      </Field>
      <Actions>
        <Act does={remove} given={{ ...said, reason }} primary disabled={ends && !preview.data}>
          Remove {company.name}
        </Act>
        <Button onClick={close}>Keep it</Button>
      </Actions>
      <Refusal of={remove} />
    </>
  );
}

/** What the removal does to each line, by the code that does it. */
function Ends({ of: { ending, mode } }: { of: Schemas["PreviewOfEnd"] }): ReactElement {
  const styles = useStyles();
  return (
    <div role="status">
      <ul className={styles.told}>
        {ending.map((line) => (
          <li key={`${line.connection}/${line.lineId}`}>
            Line {line.lineId} on {line.agreementId} bills {counted(line.seats, "seat")} until {day(line.lastDay)}. {line.why}
            {line.how === "no_seats" && " From the day after it has no seats, which cannot be taken back."}
          </li>
        ))}
        {ending.length === 0 && <li>No line has to be ended: what is left ends sooner, or bills nothing.</li>}
        {mode === "preview" && <li>The account is in preview: in the PSA nothing is ended before it is live.</li>}
      </ul>
    </div>
  );
}

function useEnds({ id: companyId, tenantId }: Company, lastDay: string) {
  const api = useApi();
  const { id: account } = useAccount();
  return useQuery({
    queryKey: [account, "end-of-company", companyId, lastDay],
    queryFn: () =>
      answer(
        api.POST("/api/accounts/{account}/ending-lines/preview", {
          params: { path: { account } },
          body: { tenantId, companyId, lastDay },
        }),
      ),
    enabled: lastDay !== "",
    retry: false,
  });
}

function useRemove({ id, name }: Company, close: () => void) {
  const api = useApi();
  const { id: account } = useAccount();
  const remedied = useRemedied(close);
  return useMutation({
    mutationFn: async (query: { lastDay?: string; lookedAfter?: string; reason: string }) => {
      const gone = await api.DELETE("/api/accounts/{account}/companies/{company}", {
        params: { path: { account, company: id }, query },
      });
      if (!gone.response.ok) await answer(Promise.resolve(gone));
    },
    onSuccess: (_, { lastDay }) =>
      remedied(lastDay ? `${name} is removed: its lines bill until ${day(lastDay)}.` : `${name} is removed.`),
  });
}
