import { Button, makeStyles, type ButtonProps } from "@fluentui/react-components";
import { PersonCircleRegular } from "@fluentui/react-icons";
import { forwardRef } from "react";
import { useAccount } from "./context";

const useStyles = makeStyles({
  button: { minWidth: "0", "@media (max-width: 640px)": { marginRight: "-12px", "& .fui-Button__icon": { marginRight: 0 } } },
  wideOnly: { "@media (max-width: 640px)": { display: "none" } },
});

/** What opens the account menu: drawn before the menu is loaded, and then a part of it. */
export const AccountButton = forwardRef<HTMLButtonElement, ButtonProps>(function AccountButton(given, ref) {
  const styles = useStyles();
  const { me } = useAccount();
  return (
    <Button
      aria-haspopup="menu"
      aria-expanded={false}
      {...(given as object)}
      ref={ref}
      className={styles.button}
      appearance="subtle"
      icon={<PersonCircleRegular />}
      aria-label={`Account menu of ${me.name}`}
    >
      <span className={styles.wideOnly}>{me.name}</span>
    </Button>
  );
});
