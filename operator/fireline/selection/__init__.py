"""Would anybody load what Fireline writes? Shared by the kinds; knows the objects of prometheus-operator."""
