"""Test alerts through real Alertmanagers to real receivers that work or fail."""
