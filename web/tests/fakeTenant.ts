/** A tenant's mappings behind the API, as far as the forms that change them ask: stateful, with its ETag. */
interface Mapping {
  skuId: string;
  [field: string]: unknown;
}
interface Saving {
  mappings: Mapping[];
  lastDays?: Record<string, string>;
  lookedAfter?: string[];
}

export const CHOICES = {
  profiles: [{ id: "p1", name: "Premium", connection: "cw", productId: "BP" }],
  agreements: [{ id: "310", name: "Managed", moreSeats: [], fewerSeats: [] }],
  lines: [{ id: "9021", productId: "BP", description: "Business Premium", quantity: "5", tenantId: "", mappingId: "" }],
};

export class FakeTenant {
  /** The mappings that were previewed and saved, in order. */
  previewed: Mapping[][] = [];
  saved: Mapping[][] = [];
  /** What was saved with all that was said beside the mappings. */
  said: Saving[] = [];
  /** Why each preview is refused. */
  refusal: { detail: string; field: string } | null = null;
  /** What a preview says of a line besides its numbers. */
  text: Record<string, unknown> = { textState: "none", textBefore: null, textAfter: null, textDigest: "" };
  /** Previews are answered one by one, when the test says so. */
  held: (() => void)[] | null = null;
  given: AbortSignal[] = [];
  agreements: object[] = CHOICES.agreements;
  /** By agreement. */
  lines: Record<string, object[]> = { "310": CHOICES.lines };
  ending: object[] = [];

  constructor(public mappings: Mapping[] = []) {}

  /** In the place of `fetch`. */
  readonly fetch = async (request: Request): Promise<Response> => {
    const path = new URL(request.url).pathname;
    const agreement = /\/agreements\/(\w+)\/lines$/.exec(path)?.[1];
    if (path.endsWith("/mappings/preview")) return this.preview(request);
    if (path.endsWith("/mappings")) return request.method === "PUT" ? this.save(request) : this.stored();
    if (path.endsWith("/billing-profiles")) return Response.json({ items: CHOICES.profiles });
    if (path.endsWith("/ending-lines")) return Response.json({ items: this.ending });
    if (agreement) return Response.json({ items: this.lines[agreement] ?? [] });
    if (path.endsWith("/licences")) return Response.json({ items: [] });
    if (path.endsWith("/preferences")) return Response.json({ showNames: false });
    return Response.json({ psaConnection: "cw", psaCompany: "1", readAt: null, agreements: this.agreements, longestText: 250 });
  };

  private etag(): string {
    return `"${encodeURIComponent(JSON.stringify(this.mappings))}"`;
  }

  private stored(): Response {
    const mappings = this.mappings.map((mapping) => ({ bill: true, subscriptionId: "", companyId: "", ...mapping }));
    return Response.json({ tenantId: "t", mappings }, { headers: { ETag: this.etag() } });
  }

  private async save(request: Request): Promise<Response> {
    if (request.headers.get("If-Match") !== this.etag()) return problem(412, "Somebody else changed it.");
    const saving = (await request.json()) as Saving;
    const { mappings } = saving;
    this.saved.push(mappings);
    this.said.push(saving);
    this.mappings = mappings.map((mapping) => ({ id: mapping.skuId, ...mapping }));
    return this.stored();
  }

  private async preview(request: Request): Promise<Response> {
    const { mappings, lastDays = {} } = (await request.json()) as Saving;
    this.previewed.push(mappings);
    this.given.push(request.signal);
    if (this.held) await new Promise<void>((resolve) => this.held?.push(resolve));
    if (this.refusal) return problem(400, this.refusal.detail, this.refusal.field);
    const lines = mappings.map((mapping) => ({ ...this.text, mappingId: mapping.skuId, before: 5, after: billed(mapping), why: "7 are purchased.", effective: null }));
    const left = lineIds(this.mappings).filter((id) => !lineIds(mappings).includes(id));
    const ending = Object.entries(lastDays).map(([name, lastDay]) => {
      const [connection = "", lineId = ""] = name.split("/");
      return { connection, lineId, lastDay, agreementId: "310", seats: 5, how: "date", why: "" };
    });
    return Response.json({ mode: "live", lines, left, ending });
  }
}

function lineIds(mappings: Mapping[]): string[] {
  return mappings.filter(({ bill, lineId }) => bill !== false && lineId).map(({ lineId }) => String(lineId));
}

/** K8, of seven seats. */
function billed({ options }: Mapping): number {
  const { included = 0, minimum = 0, difference = 0 } = (options ?? {}) as Record<string, number>;
  return Math.max(0, Math.max(minimum, 7 - included) + difference);
}

function problem(status: number, detail: string, field = ""): Response {
  return Response.json({ status, title: "", detail, code: "no", field }, { status });
}
