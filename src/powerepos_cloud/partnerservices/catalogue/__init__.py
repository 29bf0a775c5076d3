"""Products, tax groups, suppliers and supplier product codes of an organisation: what sales and orders are read against."""
