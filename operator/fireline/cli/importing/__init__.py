"""Other tools' SLOs as ServiceLevelObjectives: ``fireline import``, without its command line.

Every format is a pure function from documents to a :class:`~fireline.cli.importing.result.Result`:
the objects, and every field that did not make it. :mod:`.source` remembers which fields were taken, so
that a field nobody knows is listed as lost instead of vanishing. Called by ``fireline.cli.import_``.
"""
