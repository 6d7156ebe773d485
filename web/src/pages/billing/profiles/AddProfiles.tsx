import { Button, Checkbox, Field, Input, MessageBar, MessageBarBody, Text, makeStyles } from "@fluentui/react-components";
import { BoxRegular } from "@fluentui/react-icons";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useMemo, useState, type ReactElement } from "react";
import { answer, type Schemas } from "../../../api/client";
import { sentenceOf } from "../../../api/problem";
import { useAccount, useApi } from "../../../app/context";
import { count, counted } from "../../../parts/format";
import { Section } from "../../../parts/Section";
import { Answer, Empty, Failed } from "../../../parts/States";
import { Table, type Column } from "../../../parts/Table";
import { usePsaConnections } from "../../../parts/usePsaConnections";
import { ChoosePsa } from "./ChoosePsa";
import { TermsFields } from "./TermsFields";
import { USUAL, aboutOf, givenTerms, type Terms } from "./terms";
import { useProducts, type Product } from "./useProducts";

type Profile = Schemas["ProfileInList"];
/** What the API takes at once, and the longest name. */
const MOST = 200;
const LONGEST = 80;

interface Chosen {
  product: Product;
  name: string;
}

const useStyles = makeStyles({
  form: { display: "grid", gap: "12px", gridTemplateColumns: "repeat(auto-fit, minmax(min(240px, 100%), 1fr))", alignItems: "start" },
  actions: { display: "flex", gap: "8px", flexWrap: "wrap" },
  list: { margin: "4px 0 0", paddingLeft: "20px" },
});

interface Props {
  /** Those that are there already. */
  profiles: readonly Profile[];
  close: () => void;
}

/** Profiles for many products of a PSA, made by one press: all of them, or none. */
export function AddProfiles({ profiles, close }: Props): ReactElement {
  const styles = useStyles();
  const psas = usePsaConnections();
  const [connection, setConnection] = useState("");
  const psa = connection || psas.data?.[0]?.id || "";
  const products = useProducts(psa);
  const [chosen, setChosen] = useState<Chosen[]>([]);
  const [terms, setTerms] = useState<Terms>(USUAL);
  const make = useMake(psa, profiles, () => setChosen([]));
  const about = aboutOf(make.error, chosen.length);
  const marked = (field: string, at?: number) =>
    about?.field === field && (at ?? about.at) === about.at
      ? { validationState: "error" as const, validationMessage: sentenceOf(make.error) }
      : {};
  const change = (to: Chosen[]) => {
    make.reset();
    setChosen(to);
  };
  const columns = useColumns(psa, profiles, chosen, change);
  return (
    <Section
      title="Add many profiles"
      about="Tick the products that you resell. Each gets a profile of its name, or of the one that you give it."
    >
      <ChoosePsa
        chosen={psa}
        choose={(other) => {
          setConnection(other);
          change([]);
        }}
      />
      <Answer query={products}>
        {(rows) => (
          <Table
            label="Products of the PSA"
            columns={columns}
            rows={rows}
            id={(row) => row.id}
            text={(row) => `${row.name} ${row.sku}`}
            empty={
              <Empty icon={<BoxRegular />} title="No products are known">
                They are read from the PSA with the next sync.
              </Empty>
            }
          />
        )}
      </Answer>
      {chosen.length > 0 && (
        <>
          <div className={styles.form}>
            <TermsFields terms={terms} set={(changed) => setTerms({ ...terms, ...changed })} marked={(field) => marked(field)} />
          </div>
          <div className={styles.form} role="group" aria-label="Names of the profiles">
            {chosen.map(({ product, name }, at) => (
              <Field key={product.id} label={`Name for ${product.name}`} {...marked("name", at)}>
                <Input
                  value={name}
                  maxLength={LONGEST}
                  onChange={(_, { value }) => change(chosen.map((one) => (one.product === product ? { product, name: value } : one)))}
                />
              </Field>
            ))}
          </div>
        </>
      )}
      {chosen.length > MOST && <Text>At once {count(MOST)} can be made: take some away.</Text>}
      {make.data && <Made made={make.data} />}
      {make.error && <Failed error={make.error} />}
      <div className={styles.actions}>
        <Button
          appearance="primary"
          disabled={!chosen.length || chosen.length > MOST || make.isPending}
          onClick={() => make.mutate({ chosen, terms })}
        >
          Make {counted(chosen.length, "profile")}
        </Button>
        <Button onClick={close}>Close</Button>
      </div>
    </Section>
  );
}

function useColumns(psa: string, profiles: readonly Profile[], chosen: Chosen[], change: (to: Chosen[]) => void): Column<Product>[] {
  return useMemo(() => {
    const ticked = new Set(chosen.map(({ product }) => product.id));
    const there = new Map<string, string[]>();
    for (const { connection, productId, name } of profiles) {
      if (connection === psa) there.set(productId, [...(there.get(productId) ?? []), name]);
    }
    const tick = (product: Product, on: boolean) =>
      change(
        on
          ? [...chosen, { product, name: product.name.slice(0, LONGEST) }]
          : chosen.filter((one) => one.product.id !== product.id),
      );
    return [
      {
        key: "take",
        title: "Add",
        width: "56px",
        small: true,
        cell: (row) => (
          <Checkbox
            aria-label={`Add ${row.name}`}
            checked={ticked.has(row.id)}
            onChange={(_, { checked }) => tick(row, checked === true)}
          />
        ),
      },
      { key: "name", title: "Product", width: "minmax(180px, 3fr)", value: (row) => row.name, cell: (row) => row.name },
      { key: "sku", title: "Identifier", titled: true, width: "minmax(120px, 2fr)", cell: (row) => row.sku },
      {
        key: "there",
        title: "Profiles it has",
        titled: true,
        width: "minmax(140px, 3fr)",
        value: (row) => there.get(row.id)?.length ?? 0,
        cell: (row) => there.get(row.id)?.join(", "),
      },
    ];
    // `change` reads nothing but what is given to it.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [psa, profiles, chosen]);
}

interface Outcome {
  id: string;
  name: string;
  isNew: boolean;
}

function useMake(connection: string, profiles: readonly Profile[], done: () => void) {
  const api = useApi();
  const { id: account } = useAccount();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async ({ chosen, terms }: { chosen: Chosen[]; terms: Terms }): Promise<Outcome[]> => {
      const before = new Set(profiles.map(({ id }) => id));
      const made = await answer(
        api.POST("/api/accounts/{account}/billing-profiles/bulk", {
          params: { path: { account } },
          body: {
            profiles: chosen.map(({ product, name }) => ({ name, connection, productId: product.id, ...givenTerms(terms) })),
          },
        }),
      );
      return made.profiles.map(({ id, name }) => ({ id, name, isNew: !before.has(id) }));
    },
    onSuccess: () => {
      done();
      void queries.invalidateQueries({ queryKey: [account] });
    },
  });
}

function Made({ made }: { made: Outcome[] }): ReactElement {
  const styles = useStyles();
  return (
    <MessageBar intent="success" layout="multiline" role="status">
      <MessageBarBody>
        {counted(made.filter(({ isNew }) => isNew).length, "profile is", "profiles are")} made.
        <ul className={styles.list}>
          {made.map(({ id, name, isNew }) => (
            <li key={id}>
              {name}: {isNew ? "made" : "was there already"}
            </li>
          ))}
        </ul>
      </MessageBarBody>
    </MessageBar>
  );
}
