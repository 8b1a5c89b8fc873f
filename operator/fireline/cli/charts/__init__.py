"""Charts of a backtest, written by hand as SVG: small, crisp, without any library or outside resource.

``scale``    values and times → places on the picture, and where the ticks stand
``svg``      elements and paths
``panels``   budget, burn rate, alerts, incidents
``picture``  one SVG of all SLOs
``page``     one HTML file with the same charts and the figures as tables
"""
