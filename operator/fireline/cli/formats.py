"""Names of the output formats, apart from what produces them: ``--help`` lists them and must stay light."""

FORMATS = ("text", "json", "yaml", "github")
