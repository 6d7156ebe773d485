import { Button, Combobox, Dropdown, Field, Input, Option, makeStyles } from "@fluentui/react-components";
import { TagRegular } from "@fluentui/react-icons";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useMemo, useState, type ReactElement } from "react";
import { answer, everyRow, type Schemas } from "../../api/client";
import { fieldOf, sentenceOf } from "../../api/problem";
import { useAccount, useApi, useMay } from "../../app/context";
import { count } from "../../parts/format";
import { useNotices } from "../../parts/notices";
import { Section } from "../../parts/Section";
import { Answer, Empty, Failed } from "../../parts/States";
import { Table, type Column } from "../../parts/Table";
import { usePsaConnections } from "../../parts/usePsaConnections";
import { useList } from "../../parts/useList";

type Profile = Schemas["ProfileInList"];
type Billable = Profile["billable"];
const BILLABLE: Record<Billable, string> = {
  billable: "Billable",
  do_not_bill: "Do not bill",
  no_charge: "No charge",
};

type PriceRule = Profile["priceRule"];
const PRICES: Record<PriceRule, string> = {
  psa: "The PSA’s",
  fixed: "Fixed",
  percent: "± % of the product’s",
};

function priceOf(row: Profile): string {
  if (row.priceRule === "fixed") return row.price ?? "";
  if (row.priceRule === "percent") return `${Number(row.percent) > 0 ? "+" : ""}${row.percent ?? ""} %`;
  return PRICES.psa;
}

const useStyles = makeStyles({
  form: { display: "grid", gap: "12px", gridTemplateColumns: "repeat(auto-fit, minmax(200px, 1fr))", alignItems: "end" },
});

/** Names for products of the PSA: what a licence is mapped to. */
export function ProfilesPart(): ReactElement {
  const api = useApi();
  const { id: account } = useAccount();
  const mayChange = useMay("admin");
  const queries = useQueryClient();
  const { done } = useNotices();
  const { query, csv } = useList<Profile>(["billing-profiles"], (asked, as) =>
    api.GET("/api/accounts/{account}/billing-profiles", { params: { path: { account }, query: asked }, ...as }),
  );
  const end = useMutation({
    mutationFn: async (billingProfile: string) => {
      const ended = await api.DELETE("/api/accounts/{account}/billing-profiles/{billingProfile}", {
        params: { path: { account, billingProfile } },
      });
      if (!ended.response.ok) await answer(Promise.resolve(ended));
    },
    onSuccess: () => {
      done("The profile is ended.");
      void queries.invalidateQueries({ queryKey: [account, "billing-profiles"] });
    },
  });
  const columns = useMemo<Column<Profile>[]>(
    () => [
      { key: "name", title: "Name", width: "minmax(180px, 3fr)", value: (row) => row.name, cell: (row) => row.name },
      { key: "product", title: "Product in the PSA", titled: true, width: "minmax(120px, 2fr)", cell: (row) => row.productId },
      { key: "billable", title: "Charged", titled: true, width: "120px", value: (row) => row.billable, cell: (row) => BILLABLE[row.billable] },
      { key: "price", title: "Price", titled: true, width: "110px", cell: priceOf },
      { key: "licences", title: "Licences", width: "90px", number: true, value: (row) => row.licences, cell: (row) => count(row.licences) },
      {
        key: "end",
        title: "",
        width: "100px",
        cell: (row) =>
          mayChange &&
          row.licences === 0 && (
            <Button onClick={() => end.mutate(row.id)} aria-label={`End ${row.name}`}>
              End
            </Button>
          ),
      },
    ],
    // The columns change with what they close over, and with nothing else.
    // eslint-disable-next-line react-hooks/exhaustive-deps
    [mayChange],
  );
  return (
    <Section title="Billing profiles" about="A name for a product of the PSA, and how its line is charged. A line of another price is not written until one of them is put right.">
      {mayChange && <NewProfile />}
      {end.error && <Failed error={end.error} />}
      <Answer query={query}>
        {(rows) => (
          <Table
            label="Billing profiles"
            columns={columns}
            rows={rows}
            id={(row) => row.id}
            text={(row) => `${row.name} ${row.productId}`}
            csv={csv}
            empty={
              <Empty icon={<TagRegular />} title="No profiles yet">
                Make one for each product that you resell.
              </Empty>
            }
          />
        )}
      </Answer>
    </Section>
  );
}

function NewProfile(): ReactElement {
  const styles = useStyles();
  const api = useApi();
  const { id: account } = useAccount();
  const queries = useQueryClient();
  const { done } = useNotices();
  const [connection, setConnection] = useState("");
  const [product, setProduct] = useState({ id: "", name: "" });
  const [name, setName] = useState("");
  const [billable, setBillable] = useState<Billable>("billable");
  const [rule, setRule] = useState<PriceRule>("psa");
  const [amount, setAmount] = useState("");
  const psas = usePsaConnections();
  const chosen = connection || psas.data?.[0]?.id || "";
  const products = useQuery({
    enabled: chosen !== "",
    queryKey: [account, "products", chosen],
    queryFn: () =>
      everyRow((cursor) =>
        api.GET("/api/accounts/{account}/psa-connections/{psaConnection}/products", {
          params: { path: { account, psaConnection: chosen }, query: { limit: 200, cursor } },
        }),
      ),
  });
  const make = useMutation({
    mutationFn: () =>
      answer(
        api.POST("/api/accounts/{account}/billing-profiles", {
          params: { path: { account } },
          body: {
            name: name || product.name,
            connection: chosen,
            productId: product.id,
            billable,
            priceRule: rule,
            ...(rule === "fixed" && { price: amount }),
            ...(rule === "percent" && { percent: amount }),
          },
        }),
      ),
    onSuccess: (made) => {
      done(`Profile “${made.name}” is made.`);
      setName("");
      setRule("psa");
      setAmount("");
      setProduct({ id: "", name: "" });
      void queries.invalidateQueries({ queryKey: [account] });
    },
  });
  const wrong = (field: string) =>
    fieldOf(make.error) === field ? { validationState: "error" as const, validationMessage: sentenceOf(make.error) } : {};
  const found = (products.data ?? [])
    .filter((one) => `${one.name} ${one.sku}`.toLowerCase().includes(product.name.toLowerCase()))
    .slice(0, 30);
  return (
    <>
      <div className={styles.form}>
        {(psas.data?.length ?? 0) > 1 && (
          <Field label="PSA" {...wrong("connection")}>
            <Dropdown
              style={{ minWidth: 0 }}
              value={psas.data?.find((psa) => psa.id === chosen)?.name ?? ""}
              selectedOptions={[chosen]}
              onOptionSelect={(_, { optionValue }) => {
                setConnection(optionValue ?? "");
                setProduct({ id: "", name: "" });
              }}
            >
              {psas.data?.map((psa) => (
                <Option key={psa.id} value={psa.id}>
                  {psa.name}
                </Option>
              ))}
            </Dropdown>
          </Field>
        )}
        <Field label="Product" {...wrong("productId")}>
          <Combobox
            style={{ minWidth: 0 }}
            value={product.name}
            selectedOptions={product.id ? [product.id] : []}
            onChange={(event) => setProduct({ id: "", name: event.target.value })}
            onOptionSelect={(_, { optionValue, optionText }) =>
              setProduct({ id: optionValue ?? "", name: optionText ?? "" })
            }
          >
            {found.map((one) => (
              <Option key={one.id} value={one.id} text={one.name}>
                {`${one.name} (${one.sku})`}
              </Option>
            ))}
          </Combobox>
        </Field>
        <Field label="Name" {...wrong("name")}>
          <Input placeholder={product.name || "As the product"} value={name} onChange={(_, { value }) => setName(value)} />
        </Field>
        <Field label="Charged" {...wrong("billable")}>
          <Dropdown
            style={{ minWidth: 0 }}
            value={BILLABLE[billable]}
            selectedOptions={[billable]}
            onOptionSelect={(_, { optionValue }) => setBillable(optionValue as Billable)}
          >
            {(Object.keys(BILLABLE) as Billable[]).map((one) => (
              <Option key={one} value={one}>
                {BILLABLE[one]}
              </Option>
            ))}
          </Dropdown>
        </Field>
        <Field label="Price" {...wrong("priceRule")}>
          <Dropdown
            style={{ minWidth: 0 }}
            value={PRICES[rule]}
            selectedOptions={[rule]}
            onOptionSelect={(_, { optionValue }) => setRule(optionValue as PriceRule)}
          >
            {(Object.keys(PRICES) as PriceRule[]).map((one) => (
              <Option key={one} value={one}>
                {PRICES[one]}
              </Option>
            ))}
          </Dropdown>
        </Field>
        {rule !== "psa" && (
          <Field label={rule === "fixed" ? "For a seat" : "Percent, less with a minus"} {...wrong(rule === "fixed" ? "price" : "percent")}>
            <Input inputMode="decimal" value={amount} onChange={(_, { value }) => setAmount(value)} />
          </Field>
        )}
        <div>
          <Button appearance="primary" disabled={!product.id || make.isPending} onClick={() => make.mutate()}>
            Make profile
          </Button>
        </div>
      </div>
      {make.error && <Failed error={make.error} />}
    </>
  );
}
