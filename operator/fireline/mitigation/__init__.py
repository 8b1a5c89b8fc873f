"""Reversible first aid: a change that is proposed or made when an SLO burns, and taken back afterwards. Pure.

``checks`` says what is wrong with a spec, ``actions`` what a change would be, ``machine`` what comes next,
``plan`` ties them together for the engine.
"""
