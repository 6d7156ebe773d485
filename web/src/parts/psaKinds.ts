/** What each kind of PSA is asked for when it is connected; the API names what is missing or wrong. */

export interface PsaField {
  name: string;
  label: string;
  hint?: string;
}

interface PsaKindWords {
  title: string;
  fields: PsaField[];
  /** What its secret is called there. */
  secret: string;
}

export const PSA_KINDS: Record<string, PsaKindWords> = {
  connectwise: {
    title: "ConnectWise PSA",
    fields: [
      { name: "site", label: "Site", hint: "As you sign in to it, for example na.myconnectwise.net" },
      { name: "companyId", label: "Company id", hint: "The one of the sign-in page" },
      { name: "publicKey", label: "Public key of the API member" },
      { name: "clientId", label: "Client id", hint: "From developer.connectwise.com" },
    ],
    secret: "Private key of the API member",
  },
  autotask: {
    title: "Autotask PSA",
    fields: [
      { name: "userName", label: "User name of the API user" },
      { name: "integrationCode", label: "Tracking identifier", hint: "Chosen when the API user was made" },
    ],
    secret: "Password of the API user",
  },
  halo: {
    title: "HaloPSA",
    fields: [
      { name: "site", label: "Site", hint: "For example example.halopsa.com" },
      { name: "tenant", label: "Tenant" },
      { name: "clientId", label: "Client id of the API application" },
    ],
    secret: "Client secret of the API application",
  },
};
