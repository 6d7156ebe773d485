import { Button, Image, Text, makeStyles, mergeClasses, tokens } from "@fluentui/react-components";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useRef, useState, type DragEvent, type ReactElement } from "react";
import { answer } from "../../api/client";
import { ApiProblem } from "../../api/problem";
import { useAccount, useApi, useMay } from "../../app/context";
import { base64Of, usePicture } from "../../parts/files";
import { useNotices } from "../../parts/notices";
import { Section } from "../../parts/Section";
import { Answer, Failed } from "../../parts/States";

/** What the API refuses is not even read here: a larger file would only be sent in vain. */
const LARGEST = 512 * 1024;

const useStyles = makeStyles({
  drop: { display: "grid", justifyItems: "start", gap: "8px", padding: "20px", borderRadius: tokens.borderRadiusLarge,
    border: `2px dashed ${tokens.colorNeutralStroke1}` },
  over: { border: `2px dashed ${tokens.colorBrandStroke1}`, backgroundColor: tokens.colorBrandBackground2 },
  actions: { display: "flex", gap: "8px", flexWrap: "wrap" },
  soft: { color: tokens.colorNeutralForeground2 },
  previews: { display: "grid", gap: "16px", gridTemplateColumns: "repeat(auto-fit, minmax(280px, 1fr))" },
  preview: { margin: 0, display: "grid", gap: "6px", alignContent: "start" },
  // Reports are paper and the portal puts the logo on white, whatever the look of this page.
  paper: { backgroundColor: "#ffffff", color: "#1a1a1a", border: `1px solid ${tokens.colorNeutralStroke2}`, padding: "24px",
    display: "grid", gap: "16px", borderRadius: tokens.borderRadiusMedium, overflow: "hidden" },
  bar: { display: "flex", alignItems: "center", gap: "16px", justifyContent: "space-between", padding: "12px 24px" },
  logo: { maxWidth: "251px", maxHeight: "41px", objectFit: "contain", justifySelf: "start" },
});

/** The logo on reports and on the portal: shown as it will stand there. */
export function LogoPart(): ReactElement {
  const api = useApi();
  const { id: account } = useAccount();
  const mayChange = useMay("admin");
  const logo = useQuery({
    queryKey: [account, "logo"],
    queryFn: async () => {
      try {
        return await answer(api.GET("/api/accounts/{account}/logo", { params: { path: { account } }, parseAs: "blob" }));
      } catch (error) {
        if (error instanceof ApiProblem && error.problem.status === 404) return null;
        throw error;
      }
    },
  });
  return (
    <Section
      title="Logo"
      about="On the monthly reports and on your customers’ portal. PNG or JPEG, at most 502 × 81 pixels and 512 KB. Without one they show your company’s name."
    >
      <Answer query={logo} rows={3}>
        {(stored) => (
          <>
            {mayChange && <ChooseLogo stored={stored} />}
            <Previews logo={stored} />
          </>
        )}
      </Answer>
    </Section>
  );
}

function ChooseLogo({ stored }: { stored: Blob | null }): ReactElement {
  const styles = useStyles();
  const input = useRef<HTMLInputElement>(null);
  const [over, setOver] = useState(false);
  const put = usePut(stored);
  const choose = (files: FileList | null) => files?.[0] && put.mutate({ picture: files[0], said: "The logo is saved." });
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    choose(event.dataTransfer.files);
  };
  const dragged = (event: DragEvent) => {
    event.preventDefault();
    setOver(true);
  };
  return (
    <>
      <div
        className={mergeClasses(styles.drop, over && styles.over)}
        onDragOver={dragged}
        onDragLeave={() => setOver(false)}
        onDrop={drop}
      >
        <Text>Drag a picture here, or choose one.</Text>
        <div className={styles.actions}>
          <Button appearance="primary" disabled={put.isPending} onClick={() => input.current?.click()}>
            {stored ? "Choose another picture" : "Choose a picture"}
          </Button>
          {stored && (
            <Button disabled={put.isPending} onClick={() => put.mutate({ picture: null, said: "The logo is removed." })}>
              Remove the logo
            </Button>
          )}
        </div>
        <input
          ref={input}
          type="file"
          hidden
          aria-label="Picture of the logo"
          accept="image/png,image/jpeg"
          onChange={(event) => {
            choose(event.target.files);
            event.target.value = ""; // the same file may be chosen again, once it was made smaller
          }}
        />
      </div>
      {put.error && <Failed error={put.error} />}
    </>
  );
}

interface Put {
  /** null removes it. */
  picture: Blob | null;
  said: string;
}

/** Put a picture in the place of the stored one; its notice takes that back. */
function usePut(stored: Blob | null) {
  const api = useApi();
  const { id: account } = useAccount();
  const queries = useQueryClient();
  const { done, failed } = useNotices();
  const path = { account };
  const store = async (picture: Blob | null): Promise<void> => {
    if (picture) {
      const image = await base64Of(picture, LARGEST);
      await answer(api.PUT("/api/accounts/{account}/logo", { params: { path }, body: { image } }));
    } else {
      await answer(api.DELETE("/api/accounts/{account}/logo", { params: { path } }));
    }
    await queries.invalidateQueries({ queryKey: [account, "logo"] });
  };
  return useMutation({
    mutationFn: ({ picture }: Put) => store(picture),
    onSuccess: (_, { said }) =>
      done(said, { undo: () => void store(stored).catch((error: unknown) => failed("It was not taken back.", error)) }),
  });
}

function Previews({ logo }: { logo: Blob | null }): ReactElement {
  const styles = useStyles();
  const { name } = useAccount();
  const address = usePicture(logo);
  const head = address ? (
    <Image src={address} alt={`Logo of ${name}`} className={styles.logo} />
  ) : (
    <Text weight="semibold" size={500}>
      {name}
    </Text>
  );
  return (
    <div className={styles.previews}>
      <figure className={styles.preview}>
        <figcaption className={styles.soft}>On a report</figcaption>
        <div className={styles.paper}>
          {head}
          <div>
            <Text block size={600} weight="semibold">
              Your customer’s name
            </Text>
            <Text block>Microsoft 365 licences, the month</Text>
          </div>
        </div>
      </figure>
      <figure className={styles.preview}>
        <figcaption className={styles.soft}>On the portal</figcaption>
        <div className={mergeClasses(styles.paper, styles.bar)}>
          {head}
          <Text>Sign out</Text>
        </div>
      </figure>
    </div>
  );
}
