/** What each kind of PSA is asked for when it is connected; the API names what is missing or wrong. */

export interface PsaField {
  name: string;
  label: string;
  hint?: string;
  /** A field that may stay empty is then the API's default. */
  optional?: true;
  /** It is yes or no. */
  ticked?: true;
}

interface PsaKindWords {
  title: string;
  fields: PsaField[];
  /** What its secret is called there. */
  secret: string;
}

const OWN_SERVER: PsaField = {
  name: "selfHosted",
  label: "It is a server of your own",
  hint: "Only an owner may connect one",
  ticked: true,
};

export const PSA_KINDS: Record<string, PsaKindWords> = {
  connectwise: {
    title: "ConnectWise PSA",
    fields: [
      { name: "site", label: "Site", hint: "“api-” and where you sign in, for example api-na.myconnectwise.net" },
      { name: "companyId", label: "Company id", hint: "The one of the sign-in page" },
      { name: "publicKey", label: "Public key of the API member" },
      { name: "clientId", label: "Client id", hint: "From developer.connectwise.com" },
      {
        name: "billedInAdvance",
        label: "Agreement types billed in advance",
        hint: "As ConnectWise calls them, by comma. More seats of a prorated agreement of another type wait for a person",
        optional: true,
      },
      OWN_SERVER,
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
      {
        name: "prorates",
        label: "Charge added seats from their day on",
        hint: "By a pro-rata row. Else the next invoice has them whole",
        ticked: true,
      },
      {
        name: "quantityByHand",
        label: "Quantity type of lines by hand",
        hint: "A number: 0 unless Halo shows another",
        optional: true,
      },
      OWN_SERVER,
    ],
    secret: "Client secret of the API application",
  },
};
