import { Button, Combobox, Field, Input, Option, makeStyles } from "@fluentui/react-components";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type ReactElement } from "react";
import { answer } from "../../../api/client";
import { fieldOf, sentenceOf } from "../../../api/problem";
import { useAccount, useApi } from "../../../app/context";
import { useNotices } from "../../../parts/notices";
import { Failed } from "../../../parts/States";
import { usePsaConnections } from "../../../parts/usePsaConnections";
import { ChoosePsa } from "./ChoosePsa";
import { TermsFields } from "./TermsFields";
import { USUAL, givenTerms, type Terms } from "./terms";
import { useProducts } from "./useProducts";

const useStyles = makeStyles({
  form: { display: "grid", gap: "12px", gridTemplateColumns: "repeat(auto-fit, minmax(200px, 1fr))", alignItems: "end" },
  actions: { display: "flex", flexWrap: "wrap", gap: "8px" },
});

/** One profile for a product of the PSA. */
export function NewProfile({ addMany }: { addMany: () => void }): ReactElement {
  const styles = useStyles();
  const api = useApi();
  const { id: account } = useAccount();
  const queries = useQueryClient();
  const { done } = useNotices();
  const [connection, setConnection] = useState("");
  const [product, setProduct] = useState({ id: "", name: "" });
  const [name, setName] = useState("");
  const [terms, setTerms] = useState<Terms>(USUAL);
  const psas = usePsaConnections();
  const chosen = connection || psas.data?.[0]?.id || "";
  const products = useProducts(chosen);
  const make = useMutation({
    mutationFn: () =>
      answer(
        api.POST("/api/accounts/{account}/billing-profiles", {
          params: { path: { account } },
          body: { name: name || product.name, connection: chosen, productId: product.id, ...givenTerms(terms) },
        }),
      ),
    onSuccess: (made) => {
      done(`Profile “${made.name}” is made.`);
      setName("");
      setTerms({ ...USUAL, billable: terms.billable });
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
        <ChoosePsa
          chosen={chosen}
          choose={(psa) => {
            setConnection(psa);
            setProduct({ id: "", name: "" });
          }}
          marked={wrong("connection")}
        />
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
        <TermsFields terms={terms} set={(change) => setTerms({ ...terms, ...change })} marked={wrong} />
      </div>
      <div className={styles.actions}>
        <Button appearance="primary" disabled={!product.id || make.isPending} onClick={() => make.mutate()}>
          Make profile
        </Button>
        <Button onClick={addMany}>Add many …</Button>
      </div>
      {make.error && <Failed error={make.error} />}
    </>
  );
}
