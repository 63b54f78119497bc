"""Loads a kinetaxis results folder and redraws its main figures."""

from .results import Results, load

__all__ = ["Results", "load"]
