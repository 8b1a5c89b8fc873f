"""What ``fireline backtest`` reads and shows: the file of incidents, tables, plain data."""
