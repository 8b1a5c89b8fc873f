"""Blocking HTTP to one server as its settings ask for; what the clients of all servers share."""
