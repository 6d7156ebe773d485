import { Button, Combobox, Field, Option, makeStyles } from "@fluentui/react-components";
import { ProhibitedRegular } from "@fluentui/react-icons";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useMemo, useState, type ReactElement } from "react";
import { answer, type Schemas } from "../../api/client";
import { useAccount, useApi, useMay } from "../../app/context";
import { useFormat } from "../../parts/format";
import { useNotices } from "../../parts/notices";
import { Section } from "../../parts/Section";
import { Answer, Empty, Failed } from "../../parts/States";
import { Table, type Column } from "../../parts/Table";
import { useList } from "../../parts/useList";

type Exclusion = Schemas["ShownExclusion"];

const useStyles = makeStyles({
  add: { display: "flex", gap: "8px", alignItems: "end", flexWrap: "wrap" },
  grow: { flexGrow: 1, maxWidth: "420px" },
});

/** Exclude a tenant from alerts, and everything that is excluded. */
export function ExclusionsPart(): ReactElement {
  const api = useApi();
  const { id: account } = useAccount();
  const mayChange = useMay("editor");
  const { query: exclusions, csv } = useList<Exclusion>(["exclusions"], (asked, as) =>
    api.GET("/api/accounts/{account}/exclusions", { params: { path: { account }, query: asked }, ...as }),
  );
  const remove = useRemove();
  const format = useFormat();
  const columns = useMemo<Column<Exclusion>[]>(
    () => [
      {
        key: "what",
        title: "Excluded",
        width: "minmax(180px, 2fr)",
        value: (row) => row.customer || row.product,
        cell: (row) => [row.customer || row.tenantId, row.product || row.skuId].filter(Boolean).join(" · "),
      },
      { key: "how", title: "For how long", titled: true, width: "minmax(150px, 2fr)", cell: (row) => row.howLong },
      {
        key: "who",
        title: "By",
        titled: true,
        width: "minmax(140px, 2fr)",
        cell: (row) => `${row.who}, ${format.day(row.since)}${row.reason ? `: ${row.reason}` : ""}`,
      },
      {
        key: "remove",
        title: "",
        width: "110px",
        cell: (row) =>
          mayChange && (
            <Button onClick={() => remove.mutate(row.id)} aria-label={`Remove: ${row.customer} ${row.product}`}>
              Remove
            </Button>
          ),
      },
    ],
    // The columns change with what they close over, and with nothing else.
    // eslint-disable-next-line react-hooks/exhaustive-deps
    [format, mayChange],
  );
  return (
    <Section
      title="Exclusions"
      about="What nobody wants to be told of. Excluding never touches what is synced or billed."
    >
      {mayChange && <ExcludeTenant />}
      {remove.error && <Failed error={remove.error} />}
      <Answer query={exclusions} rows={3}>
        {(rows) => (
          <Table
            label="Exclusions"
            columns={columns}
            rows={rows}
            id={(row) => row.id}
            text={(row) => `${row.customer} ${row.product} ${row.who} ${row.reason}`}
            csv={csv}
            empty={
              <Empty icon={<ProhibitedRegular />} title="Nothing is excluded">
                An exception can be excluded from its row, and a tenant here.
              </Empty>
            }
          />
        )}
      </Answer>
    </Section>
  );
}

function useRemove() {
  const api = useApi();
  const { id: account } = useAccount();
  const queries = useQueryClient();
  const { done } = useNotices();
  return useMutation({
    mutationFn: async (exclusion: string) => {
      const removed = await api.DELETE("/api/accounts/{account}/exclusions/{exclusion}", {
        params: { path: { account, exclusion } },
      });
      if (!removed.response.ok) await answer(Promise.resolve(removed));
    },
    onSuccess: () => {
      done("Removed. What it left out is told again at the next evaluation.");
      void queries.invalidateQueries({ queryKey: [account] });
    },
  });
}

function ExcludeTenant(): ReactElement {
  const styles = useStyles();
  const api = useApi();
  const { id: account } = useAccount();
  const queries = useQueryClient();
  const { done } = useNotices();
  const [typed, setTyped] = useState("");
  const [chosen, setChosen] = useState("");
  const { query: tenants } = useList<Schemas["ShownTenant"]>(["tenants"], (asked, as) =>
    api.GET("/api/accounts/{account}/tenants", { params: { path: { account }, query: asked }, ...as }),
  );
  const exclude = useMutation({
    mutationFn: (tenantId: string) =>
      answer(api.POST("/api/accounts/{account}/exclusions", { params: { path: { account } }, body: { tenantId } })),
    onSuccess: () => {
      done(`${typed} is excluded from alerts.`);
      setTyped("");
      setChosen("");
      void queries.invalidateQueries({ queryKey: [account] });
    },
  });
  const found = (tenants.data ?? [])
    .filter((tenant) => !tenant.excluded && tenant.name.toLowerCase().includes(typed.toLowerCase()))
    .slice(0, 20);
  return (
    <>
      <div className={styles.add}>
        <Field label="Exclude a tenant" className={styles.grow}>
          <Combobox
            placeholder="Name of the customer"
            value={typed}
            selectedOptions={chosen ? [chosen] : []}
            onChange={(event) => {
              setTyped(event.target.value);
              setChosen("");
            }}
            onOptionSelect={(_, { optionValue, optionText }) => {
              setChosen(optionValue ?? "");
              setTyped(optionText ?? "");
            }}
          >
            {found.map((tenant) => (
              <Option key={tenant.id} value={tenant.id}>
                {tenant.name}
              </Option>
            ))}
          </Combobox>
        </Field>
        <Button disabled={!chosen || exclude.isPending} onClick={() => exclude.mutate(chosen)}>
          Exclude
        </Button>
      </div>
      {exclude.error && <Failed error={exclude.error} />}
    </>
  );
}
