"""Sales: batches into Z reports, nothing lost, nothing doubled."""
