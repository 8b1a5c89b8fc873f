"""What ``fireline backfill`` writes, up to which time, and how text becomes TSDB blocks."""
