"""Questions of the store, divided and shaped: means, sums, periods. The only place that divides."""
