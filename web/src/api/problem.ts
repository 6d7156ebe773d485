import type { components } from "./schema";

type Problem = components["schemas"]["Problem"];

/** A refusal of the API (RFC 9457): `message` is its sentence for a person. */
export class ApiProblem extends Error {
  constructor(
    readonly problem: Problem,
    /** Seconds after which to try again, where the API said so. */
    readonly retryAfter: number | null = null,
  ) {
    super(problem.detail);
    this.name = "ApiProblem";
  }
}

/** Somebody else changed it meanwhile: `problem.current` is what is stored now. */
export function isConflict(failed: unknown): failed is ApiProblem {
  return failed instanceof ApiProblem && failed.problem.status === 412;
}

/** The sentence to show for whatever went wrong. */
export function sentenceOf(failed: unknown): string {
  if (failed instanceof ApiProblem) return withoutField(failed.problem);
  if (failed instanceof TypeError) return "Seatwise could not be reached. Check the connection, then try again.";
  return failed instanceof Error ? failed.message : String(failed);
}

/** The API begins some sentences with the field's name, which people see marked instead. */
function withoutField({ detail, field }: Problem): string {
  const named = field && detail.startsWith(`${field}: `);
  return named ? detail.slice(field.length + 2) : detail;
}

/** The field that a refusal is about, "" for none: mark it. */
export function fieldOf(failed: unknown): string {
  return failed instanceof ApiProblem ? (failed.problem.field ?? "") : "";
}

/** The problem in an answer that is not a success; one of our own where the body is none. */
export function problemIn(response: Response, body: unknown): ApiProblem {
  const wait = Number(response.headers.get("Retry-After"));
  const retryAfter = Number.isFinite(wait) && wait > 0 ? wait : null;
  if (typeof body === "object" && body !== null && "detail" in body && typeof body.detail === "string") {
    return new ApiProblem(body as Problem, retryAfter);
  }
  const detail = "Seatwise could not answer just now. Please try again in a few minutes.";
  const title = response.statusText || "No answer";
  return new ApiProblem({ status: response.status, title, detail, code: "no_answer" }, retryAfter);
}
