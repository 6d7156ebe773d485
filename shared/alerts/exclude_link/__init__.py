"""The link under a row of a mail, and the page that it opens."""
