"""Client of Alertmanager behind the protocol :class:`~fireline.alertmanager.replica.AlertmanagerReplica`."""
