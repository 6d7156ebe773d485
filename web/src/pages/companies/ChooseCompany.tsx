import { Button, Select, makeStyles } from "@fluentui/react-components";
import { useState, type ReactElement } from "react";
import type { Schemas } from "../../api/client";
import { PsaCompanyPicker, type Named } from "../../parts/PsaCompanyPicker";

type Match = Schemas["ShownMatch"];
type Candidate = Match["candidates"][number];

/** A company of a PSA that a tenant is linked with. */
export type Place = Pick<Candidate, "psaConnection" | "psaCompany" | "name">;

const useStyles = makeStyles({ part: { marginTop: "4px" }, find: { marginLeft: "4px" } });

interface Props {
  match: Match;
  /** The account's PSAs. */
  connections: Named[];
  chosen: Place | null;
  choose: (place: Place | null) => void;
}

/** Which company of the PSA a tenant is: the one that was found, one of several, or one that a person finds. */
export function ChooseCompany({ match, connections, chosen, choose }: Props): ReactElement {
  const styles = useStyles();
  const [finds, setFinds] = useState(false);
  const { candidates } = match;
  if (finds) {
    return (
      <div className={styles.part}>
        <PsaCompanyPicker
          connections={connections}
          chosen={chosen && { connection: chosen.psaConnection, id: chosen.psaCompany, name: chosen.name }}
          choose={(one) => choose(one && { psaConnection: one.connection, psaCompany: one.id, name: one.name })}
          begins={match.name}
        />
      </div>
    );
  }
  const find = candidates.length ? "Find another …" : "Find it …";
  const at = candidates.findIndex((one) => isSame(one, chosen));
  return (
    <>
      {chosen && at < 0 && chosen.name}
      {candidates.length === 1 && (!chosen || at === 0) && wordsOf(candidates[0] as Candidate, candidates)}
      {candidates.length > 1 && (!chosen || at >= 0) && (
        <Select
          className={styles.part}
          aria-label={`Company of ${match.name} in the PSA`}
          value={at}
          onChange={(_, { value }) => choose(candidates[Number(value)] ?? null)}
        >
          <option value={-1}>Choose one of {candidates.length}</option>
          {candidates.map((candidate, place) => (
            <option key={`${candidate.psaConnection} ${candidate.psaCompany}`} value={place}>
              {wordsOf(candidate, candidates)}
            </option>
          ))}
        </Select>
      )}
      {match.state !== "sure" && connections.length > 0 && (
        <Button
          size="small"
          className={styles.find}
          aria-label={`${find}: ${match.name}`}
          onClick={() => {
            choose(null);
            setFinds(true);
          }}
        >
          {find}
        </Button>
      )}
    </>
  );
}

/** A name may be several companies': then its id tells which. */
function wordsOf(candidate: Candidate, all: Candidate[]): string {
  const again = all.filter(({ name }) => name === candidate.name).length > 1;
  const name = again ? `${candidate.name} (${candidate.psaCompany})` : candidate.name;
  return candidate.linked ? `${name}, which another tenant has already` : name;
}

function isSame(one: Place, other: Place | null): boolean {
  return one.psaConnection === other?.psaConnection && one.psaCompany === other.psaCompany;
}
