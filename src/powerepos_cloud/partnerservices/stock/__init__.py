"""Stock: suppliers' invoices into stock orders."""
