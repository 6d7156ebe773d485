"""The stand-in of HaloPSA: clients, items, and recurring invoices that are written as whole documents."""
