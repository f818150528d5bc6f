"""Bihuan (闭环): guidance, inspection, penalty and assistance as one closed loop."""

import os

# Piccolo looks its engine up by this name when the first table class is made.
os.environ.setdefault("PICCOLO_CONF", "backend.piccolo_conf")
