"""Machinery without medicine: answers as sets, scores over them, and where each answer came from."""
