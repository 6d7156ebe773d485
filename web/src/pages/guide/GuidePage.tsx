import type { ReactElement } from "react";
import { Page } from "../../parts/Page";

export default function GuidePage(): ReactElement {
  return <Page title="Guide">Soon.</Page>;
}
