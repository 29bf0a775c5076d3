"""Partner Services: the resource server that partners' sales and stock orders reach."""
