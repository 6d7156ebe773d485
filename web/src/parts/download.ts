import { problemIn } from "../api/problem";

interface Asked {
  error?: unknown;
  response: Response;
  data?: unknown;
}

/** Options of a request that is answered with the whole list as CSV. */
export const AS_CSV = { headers: { Accept: "text/csv" }, parseAs: "blob" } as const;

/** Save an answer that was asked with AS_CSV as a file. Throws ApiProblem. */
export async function download(asked: Promise<Asked>, name: string): Promise<void> {
  const { data, error, response } = await asked;
  if (!response.ok) throw problemIn(response, error);
  const address = URL.createObjectURL(data as Blob);
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  URL.revokeObjectURL(address);
}
