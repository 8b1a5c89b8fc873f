"""What ``fireline route`` and ``fireline render --as alertmanager`` do: the effective configuration from
files, a cluster or a running Alertmanager, and who it would tell."""
