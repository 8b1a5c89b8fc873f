"""What ``fireline mitigations`` does."""
