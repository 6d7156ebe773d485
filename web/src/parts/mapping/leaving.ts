import type { Schemas } from "../../api/client";
import { counted, day } from "../format";
import type { Mapping, Saving } from "./livePreview";

type Mapped = NonNullable<Schemas["ShownLicence"]["mapped"]>;

/** A line in the PSA that bills a licence. */
export type Line = Pick<Mapped, "connection" | "agreementId" | "lineId">;

/** What a person says of the line that a mapping leaves. */
export interface Leaving {
  /** It ends on its last day, or the person looks after it from now on. */
  how: "ends" | "looked_after";
  lastDay: string;
  /** Seats that were taken over from a hand edit of it are right for the other line, too. */
  keepsDifference: boolean;
}

/** The end of the month is what most invoices go by. `today`: such as 2026-11-28, "" where it is not known. */
export function leavingFrom(today: string): Leaving {
  return { how: "ends", lastDay: today && monthEnd(today), keepsDifference: false };
}

/** The last day of the month of a day. */
export function monthEnd(iso: string): string {
  const [year = 0, month = 0] = iso.split("-").map(Number);
  return new Date(Date.UTC(year, month, 0)).toISOString().slice(0, 10);
}

/** "" for what is no day. */
export function dayAfter(iso: string): string {
  const at = Date.parse(`${iso}T00:00:00Z`);
  return Number.isNaN(at) ? "" : new Date(at + 86_400_000).toISOString().slice(0, 10);
}

/**
 * The line that bills a licence now. What is stored does not name a line that was made for the mapping; `mapped` tells
 * it, as it was last read.
 */
export function lineOf(stored: Mapping | undefined, mapped: Line | undefined): Line | null {
  const { connection = "", agreementId = "", lineId = "" } = stored ?? {};
  if (stored?.bill === false || !agreementId) return null;
  const made = mapped && connection === mapped.connection && agreementId === mapped.agreementId ? mapped.lineId : "";
  const line = { connection, agreementId, lineId: lineId || made };
  return line.lineId ? line : null;
}

/** What is said of a line that is left, as the API takes it. */
export function saidOf({ connection, lineId }: Line, { how, lastDay, keepsDifference }: Leaving): Partial<Saving> {
  const name = `${connection}/${lineId}`;
  return {
    ...(how === "ends" ? { lastDays: { [name]: lastDay } } : { lookedAfter: [name] }),
    ...(keepsDifference ? { keepsDifferences: true } : {}),
  };
}

/** What becomes of the lines that no mapping would have any more, a sentence for each. */
export function leftTold({ ending, left }: Pick<Schemas["ShownPreview"], "ending" | "left">): string[] {
  const ends = new Set(ending.flatMap(({ connection, lineId }) => [lineId, `${connection}/${lineId}`]));
  return [
    ...ending.map((line) => {
      const until = line.seats
        ? `Line ${line.lineId} bills its ${counted(line.seats, "seat")} until ${day(line.lastDay)}, and nothing after it.`
        : `Line ${line.lineId} has no seats, and is ended on ${day(line.lastDay)}.`;
      const noWay = line.how === "no_seats" ? " This PSA then gets no seats for it, which cannot be taken back." : "";
      return `${until}${noWay} ${line.why}`.trim();
    }),
    ...left.filter((name) => !ends.has(name)).map((name) => `Line ${name} stays in the PSA as it is: Seatwise writes nothing to it any more.`),
  ];
}
