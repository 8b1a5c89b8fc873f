"""``validate --prometheus``: what a real server's data says about an indicator, beyond what its text says."""
