"""What an account is told and shown of a month: the certificate, the reports."""
