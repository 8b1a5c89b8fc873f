"""Alert quality: what a policy's alerts did to people, and whether they were right. Pure.

``model``      alerts, episodes, pages, budget events: what everything below speaks of
``queries``    what Prometheus is asked: where alerts began and ended, what was spent when
``episodes``   those edges → episodes, across restarts of Prometheus
``pages``      episodes → pages (what one person was woken for once), flapping, repetition
``spending``   recorded slices → budget spent between two times, and budget events
``judging``    precision, recall, detection time
``dead``       alerts that never fired, and from when on that can be said
``advice``     proposals to prune or to change an alert, with the evidence in words
``measure``    all of it for one policy and one period
``status``     the same as the small dict that stands in an AlertPolicy's status

:mod:`fireline.refresh.quality` keeps it fresh for the operator, ``fireline report`` asks for it once.
"""
