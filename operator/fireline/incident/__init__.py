"""The incident record: what happened to one SLO, when, and who did what. Pure; below the kinds, which all
contribute facts."""
