import { Button } from "@fluentui/react-components";
import { TagRegular } from "@fluentui/react-icons";
import { useMemo, useState, type ReactElement } from "react";
import type { Schemas } from "../../api/client";
import { useAccount, useApi, useMay } from "../../app/context";
import { count } from "../../parts/format";
import { Section } from "../../parts/Section";
import { Answer, Empty } from "../../parts/States";
import { Table, type Column } from "../../parts/Table";
import { useList } from "../../parts/useList";
import { AddProfiles } from "./profiles/AddProfiles";
import { EditProfile } from "./profiles/EditProfile";
import { NewProfile } from "./profiles/NewProfile";
import { BILLABLE, priceOf, priceWords } from "./profiles/terms";
import { useProductName } from "./profiles/useProducts";

type Profile = Schemas["ProfileInList"];

/** Names for products of the PSA: what a licence is mapped to. */
export function ProfilesPart(): ReactElement {
  const api = useApi();
  const { id: account } = useAccount();
  const mayChange = useMay("admin");
  const [addsMany, setAddsMany] = useState(false);
  const [editing, setEditing] = useState("");
  const { query, csv } = useList<Profile>(["billing-profiles"], (asked, as) =>
    api.GET("/api/accounts/{account}/billing-profiles", { params: { path: { account }, query: asked }, ...as }),
  );
  const product = useProductName(query.data);
  const columns = useMemo<Column<Profile>[]>(
    () => [
      { key: "name", title: "Name", width: "minmax(180px, 3fr)", value: (row) => row.name, cell: (row) => row.name },
      { key: "product", title: "Product in the PSA", titled: true, width: "minmax(150px, 3fr)", value: product, cell: product },
      { key: "billable", title: "Charged", titled: true, width: "120px", value: (row) => row.billable, cell: (row) => BILLABLE[row.billable] },
      { key: "price", title: "Price", titled: true, width: "110px", cell: (row) => priceWords(priceOf(row)) },
      { key: "licences", title: "Licences", width: "90px", number: true, value: (row) => row.licences, cell: (row) => count(row.licences) },
      {
        key: "edit",
        title: "",
        width: "100px",
        cell: (row) =>
          mayChange && (
            <Button onClick={() => setEditing(row.id)} aria-label={`Edit ${row.name}`}>
              Edit
            </Button>
          ),
      },
    ],
    [mayChange, product],
  );
  return (
    <>
      {addsMany && <AddProfiles profiles={query.data ?? []} close={() => setAddsMany(false)} />}
      {editing && <EditProfile profile={query.data?.find(({ id }) => id === editing)} close={() => setEditing("")} />}
      <Section title="Billing profiles" about="A name for a product of the PSA, and how its line is charged. A line of another price is not written until one of them is put right.">
        {mayChange && !addsMany && <NewProfile addMany={() => setAddsMany(true)} />}
        <Answer query={query}>
          {(rows) => (
            <Table
              label="Billing profiles"
              columns={columns}
              rows={rows}
              id={(row) => row.id}
              text={(row) => `${row.name} ${product(row)} ${row.productId}`}
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
    </>
  );
}
