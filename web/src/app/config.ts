/** Where one deployment has its API and its sign-in: the file /config.json beside the pages. */
export interface Config {
  /** Address of the Functions app, without /api. */
  api: string;
  /** OpenID authority, such as https://login.microsoftonline.com/organizations/v2.0 */
  authority: string;
  clientId: string;
}

/** index.html has it fetched beside the script; its header says that no cache keeps it. */
export async function readConfig(): Promise<Config> {
  const answer = await fetch("/config.json");
  if (!answer.ok) throw new Error(`/config.json answered ${answer.status}.`);
  return checkedConfig(await answer.json());
}

export function checkedConfig(read: unknown): Config {
  const given = (typeof read === "object" && read !== null ? read : {}) as Record<string, unknown>;
  const text = (name: keyof Config): string => {
    const value = given[name];
    if (typeof value !== "string" || value === "") throw new Error(`/config.json does not say "${name}".`);
    return value;
  };
  return { api: text("api").replace(/\/+$/, ""), authority: text("authority"), clientId: text("clientId") };
}
