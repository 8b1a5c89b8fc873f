"""One file per action; ``table`` knows them all."""
