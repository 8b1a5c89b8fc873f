"""The incident record: what happened to one SLO, when, and who did what. Pure; below the kinds, which all
contribute facts.

``record.advance`` takes what is seen and the record as it is, and gives the record as it must be;
``fireline.slo.incidents`` calls it. ``draft`` makes a postmortem of one incident, ``review`` says what is
missing from one that people wrote, ``cloudevents`` tells others.
"""
