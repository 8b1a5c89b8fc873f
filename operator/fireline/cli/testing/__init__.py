"""What ``fireline test-alert`` does."""
