"""Pieces of time, and maintenance among them. Shared by the kinds: objectives and checks leave it out."""
